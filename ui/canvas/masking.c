#include "ui/canvas/masking.h"

struct masking {
    // borrowed
    TinctureCanvas *canvas;
    TinctureSession *session;
    TincturePainting *painting;
    const struct raster *raster; // what the canvas shows
};

static TinctureProject *project_of(const struct masking *m)
{
    return tincture_painting_get_project(m->painting);
}

// ---- from the hand to the document --------------------------------------------------------------

// False: it draws nothing of the mask. The photo's edges are looked for when it is let go.
static gboolean step_of(const struct canvas_stroke *stroke, gboolean done, struct mask_step *step)
{
    static const int kinds[N_TOOLS] = {[TOOL_HAND] = -1,
                                       [TOOL_FRAME] = -1,
                                       [TOOL_PICK] = -1,
                                       [TOOL_BRUSH] = MASK_BRUSH,
                                       [TOOL_RECTANGLE] = MASK_RECTANGLE,
                                       [TOOL_LASSO] = MASK_LASSO};
    if (kinds[stroke->tool] < 0) {
        return FALSE;
    }
    *step = (struct mask_step){.kind = (enum mask_kind)kinds[stroke->tool],
                               .erase = stroke->erase,
                               .reach = done ? (float)stroke->reach : 0,
                               .count = stroke->n_points,
                               .points = stroke->points};
    if (stroke->tool == TOOL_BRUSH) {
        step->size = (float)stroke->size;
        step->softness = (float)stroke->softness;
    }
    return TRUE;
}

static void stroke_cb(struct masking *m, const struct canvas_stroke *stroke, gboolean done)
{
    struct mask_step step;
    if (stroke == NULL) {
        tincture_painting_preview(m->painting, NULL);
    } else if (stroke->tool == TOOL_PICK) {
        tincture_session_select_point(m->session, project_of(m), stroke->points[0],
                                      stroke->points[1], stroke->erase);
    } else if (step_of(stroke, done, &step)) {
        struct mask *mask = mask_with(project_of(m)->document.mask, &step);
        if (done) {
            tincture_project_set_mask(project_of(m), mask);
        }
        tincture_painting_preview(m->painting, done ? NULL : mask);
        mask_unref(mask);
    }
}

static void framed_cb(struct masking *m, const struct image_region *frame)
{
    tincture_project_set_region(project_of(m), frame->width > 0 ? frame : NULL);
    // One that was refused goes back to what it was.
    tincture_canvas_set_frame(m->canvas, &project_of(m)->document.region);
}

// ---- from the document to the canvas ------------------------------------------------------------

static void painted_cb(struct masking *m, const struct image_region *part)
{
    const struct raster *raster = tincture_painting_raster(m->painting);
    tincture_canvas_freeze_mask(m->canvas, tincture_painting_is_busy(m->painting));
    if (raster != m->raster) {
        m->raster = raster;
        tincture_canvas_set_mask(m->canvas, raster != NULL ? raster->values : NULL,
                                 raster != NULL ? raster->width : 0,
                                 raster != NULL ? raster->height : 0);
    } else if (raster != NULL) {
        const struct image_region all = {0, 0, raster->width, raster->height};
        tincture_canvas_mask_changed(m->canvas, part != NULL ? part : &all);
    }
}

static void document_changed_cb(struct masking *m, guint parts)
{
    if (parts & (DOCUMENT_PLACE | DOCUMENT_PHOTO)) {
        tincture_canvas_set_frame(m->canvas, &project_of(m)->document.region);
    }
}

// ---- life ---------------------------------------------------------------------------------------

struct masking *masking_new(TinctureCanvas *canvas, TinctureSession *session,
                            TincturePainting *painting)
{
    struct masking *m = g_new0(struct masking, 1);
    m->canvas = canvas;
    m->session = session;
    m->painting = painting;
    g_signal_connect_swapped(canvas, "stroke", G_CALLBACK(stroke_cb), m);
    g_signal_connect_swapped(canvas, "framed", G_CALLBACK(framed_cb), m);
    g_signal_connect_swapped(painting, "changed", G_CALLBACK(painted_cb), m);
    g_signal_connect_swapped(project_of(m), "document-changed", G_CALLBACK(document_changed_cb), m);
    document_changed_cb(m, DOCUMENT_ALL);
    painted_cb(m, NULL);
    return m;
}

void masking_free(struct masking *m)
{
    if (m != NULL) {
        g_signal_handlers_disconnect_by_data(m->canvas, m);
        g_signal_handlers_disconnect_by_data(m->painting, m);
        g_signal_handlers_disconnect_by_data(project_of(m), m);
        g_free(m);
    }
}
