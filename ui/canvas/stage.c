#include "ui/canvas/stage.h"

#include "compute/i18n.h"
#include "render/present/texture.h"
#include "ui/canvas/masking.h"
#include "ui/canvas/tool_options.h"
#include "ui/canvas/variation_strip.h"
#include "ui/core/task_text.h"
#include "ui/job_text.h"
#include "ui/widgets/progress.h"

#include <math.h>

#define BUSY_DELAY_MS    250 // quick work shows no spinner
#define LABELS_TOP       12  // pixels above the labels of a comparison
#define LABELS_BELOW     62  // the same, with the options of a tool above them
#define CLOSEUP_PAUSE_MS 200 // no sharp picture is needed yet during panning or zooming

struct _TinctureStage {
    AdwBin parent_instance;

    // template widgets
    TinctureCanvas *canvas;
    TinctureToolbar *toolbar;
    TinctureToolOptions *options;
    TinctureVariationStrip *strip;
    GtkWidget *badge, *before_label, *after_label;
    GtkRevealer *job_revealer;
    GtkLabel *job_text, *time_text, *zoom_text, *next;
    GtkWidget *cancel, *zoom_fit, *zoom_box;
    GtkProgressBar *progress;

    // owned
    TinctureSession *session;
    TinctureProject *project;
    struct masking *masking;
    GBytes *before_pixels, *after_pixels, *closeup_pixels; // what the canvas shows

    // state
    guint busy_timeout, closeup_timeout, zoom_idle;
    GdkRectangle asked; // the closeup that was asked for last: once, also where it fails
    gboolean busy;      // the job is long enough to be shown
};

G_DEFINE_FINAL_TYPE(TinctureStage, tincture_stage, ADW_TYPE_BIN)

// ---- pictures -----------------------------------------------------------------------------------

// Remembers the bytes of a picture; false where they are shown already.
static gboolean take_pixels(GBytes **shown, struct picture picture)
{
    if (*shown == picture.rgba) {
        return FALSE;
    }
    g_clear_pointer(shown, g_bytes_unref);
    if (picture.rgba != NULL) {
        *shown = g_bytes_ref(picture.rgba);
    }
    return TRUE;
}

static GdkTexture *texture_of(struct picture picture)
{
    return picture.rgba != NULL ? texture_from_rgba8(picture.rgba, picture.width, picture.height)
                                : NULL;
}

// ---- the photo's own pixels, where the window's picture is too coarse ---------------------------

static void show_closeup(TinctureStage *self)
{
    const struct closeup *closeup = &self->project->closeup;
    if (take_pixels(&self->closeup_pixels, closeup->before)) {
        g_autoptr(GdkTexture) before = texture_of(closeup->before);
        g_autoptr(GdkTexture) after = texture_of(closeup->after);
        const GdkRectangle area = {closeup->x, closeup->y, closeup->before.width,
                                   closeup->before.height};
        tincture_canvas_set_closeup(self->canvas, &area, before, after);
    }
}

static gboolean closeup_timeout_cb(gpointer data)
{
    TinctureStage *self = data;
    self->closeup_timeout = 0;
    if (!tincture_queue_is_free(self->session->queue)) { // another window's job has begun: later
        return G_SOURCE_REMOVE;
    }
    self->asked = tincture_canvas_get_seen(self->canvas);
    live_want_closeup(self->session->live, self->project,
                      &(struct image_region){self->asked.x, self->asked.y, self->asked.width,
                                             self->asked.height});
    return G_SOURCE_REMOVE;
}

static gboolean lacks_closeup(TinctureStage *self)
{
    int width = self->project->photo->full->width;
    struct picture before = self->project->before;
    const struct closeup *closeup = &self->project->closeup;
    GdkRectangle seen = tincture_canvas_get_seen(self->canvas), area = {0};
    if (closeup->before.rgba != NULL) {
        area =
            (GdkRectangle){closeup->x, closeup->y, closeup->before.width, closeup->before.height};
    }
    gdk_rectangle_intersect(&seen, &area, &area);
    return tincture_canvas_get_zoom(self->canvas) * width > before.width * 1.02 &&
           !gdk_rectangle_equal(&seen, &area) && !gdk_rectangle_equal(&seen, &self->asked);
}

static const TinctureJob *shown_job(TinctureStage *self)
{
    return tincture_queue_shown(self->session->queue, self->session->project);
}

static void update_closeup(TinctureStage *self)
{
    show_closeup(self);
    g_clear_handle_id(&self->closeup_timeout, g_source_remove);
    if (self->project->photo != NULL && tincture_queue_is_free(self->session->queue) &&
        !self->project->drawing && lacks_closeup(self)) {
        self->closeup_timeout = g_timeout_add(CLOSEUP_PAUSE_MS, closeup_timeout_cb, self);
    }
}

// What the canvas shows, in words for a screen reader.
static void name_canvas(TinctureStage *self, gboolean compare)
{
    const char *prompt = self->project->document.prompt;
    g_autofree char *name =
        self->after_pixels == NULL ? g_strdup_printf(_("Photo %s"), self->project->title)
        : self->project->drawing   ? g_strdup_printf(_("Preview of the edit: %s"), prompt)
                                 : g_strdup_printf(compare ? _("Edited photo: %s, beside the photo")
                                                           : _("Edited photo: %s"),
                                                   prompt);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->canvas), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
}

static void update_labels(TinctureStage *self)
{
    gboolean compare = tincture_canvas_get_compare(self->canvas) && self->after_pixels != NULL;
    gtk_widget_set_visible(self->before_label, compare);
    gtk_widget_set_visible(self->after_label, compare);
    if (self->before_pixels != NULL) {
        name_canvas(self, compare);
    }
}

// A rough preview would blur what a hand is drawing on.
static gboolean shows_preview(TinctureStage *self)
{
    return self->project->drawing && tincture_canvas_get_tool(self->canvas) == TOOL_HAND;
}

// The mask is out of the way of what was asked for.
static void show_result(TinctureStage *self)
{
    const struct result *result = self->project->result;
    if (!self->project->drawing && result != NULL && document_asks_edit(&result->document)) {
        tincture_canvas_show_result(self->canvas);
    }
}

static void update_pictures(TinctureStage *self)
{
    const gboolean preview = shows_preview(self);
    const struct image_region whole = {0};
    struct picture before = self->project->before;
    struct picture after = preview || !self->project->drawing ? tincture_project_view(self->project)
                                                              : self->project->after;
    if (self->project->photo != NULL) {
        const struct image *full = self->project->photo->full;
        tincture_canvas_set_photo_size(self->canvas, full->width, full->height);
        tincture_canvas_set_transparent(self->canvas, full->alpha != NULL);
    }
    if (after.rgba == before.rgba) {
        after.rgba = NULL;
    }
    if (take_pixels(&self->before_pixels, before)) {
        g_autoptr(GdkTexture) texture = texture_of(before);
        tincture_canvas_set_before(self->canvas, texture);
        self->asked = (GdkRectangle){0};
    }
    if (take_pixels(&self->after_pixels, after)) {
        g_autoptr(GdkTexture) texture = texture_of(after);
        tincture_canvas_set_after(self->canvas, texture);
        self->asked = (GdkRectangle){0};
        show_result(self);
    }
    tincture_canvas_set_after_area(self->canvas,
                                   preview ? &self->project->document.region : &whole);
    gtk_widget_set_visible(self->badge, preview);
    update_labels(self);
    update_closeup(self);
}

static void document_changed_cb(TinctureStage *self, guint parts)
{
    if (parts & DOCUMENT_PHOTO) {
        update_pictures(self);
    }
}

// Before and After are below what the tool in the hand can be told.
static void make_room(TinctureStage *self)
{
    const int top = gtk_widget_get_visible(GTK_WIDGET(self->options)) ? LABELS_BELOW : LABELS_TOP;
    gtk_widget_set_margin_top(self->before_label, top);
    gtk_widget_set_margin_top(self->after_label, top);
}

static void tool_changed_cb(TinctureStage *self)
{
    if (self->project != NULL) {
        update_pictures(self);
    }
}

static gboolean show_zoom_cb(gpointer data)
{
    TinctureStage *self = data;
    self->zoom_idle = 0;
    g_autofree char *text =
        g_strdup_printf(_("%.0f %%"), tincture_canvas_get_zoom(self->canvas) * 100);
    g_autofree char *name = g_strdup_printf(_("Fit to window, now %s"), text);
    gtk_label_set_text(self->zoom_text, text);
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->zoom_fit), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   name, -1);
    return G_SOURCE_REMOVE;
}

// It may change while the canvas is laid out, when no text may.
static void zoom_changed_cb(TinctureStage *self)
{
    if (self->zoom_idle == 0) {
        self->zoom_idle = g_idle_add_full(G_PRIORITY_HIGH_IDLE, show_zoom_cb, self, NULL);
    }
    if (self->session != NULL) {
        update_closeup(self);
    }
}

// ---- the running job ----------------------------------------------------------------------------

// A photo that has to wait until this one's work is done.
static void show_next(TinctureStage *self, const TinctureJob *job)
{
    const char *next = job_text_next(self->session);
    gtk_widget_set_visible(GTK_WIDGET(self->next), next != NULL);
    if (next != NULL) {
        g_autofree char *text =
            g_strdup_printf(job != NULL && (job->type == &learn_job || job->type == &subject_job)
                                ? _("%s opens when the training is done")
                                : _("%s opens next"),
                            next);
        gtk_label_set_text(self->next, text);
    }
}

// What is being done, and how much waits behind it.
static char *line_text(TinctureStage *self, const TinctureJob *job)
{
    g_autofree char *text = job->paused ? g_strdup(_("Paused")) : job_text(job);
    guint n = 0;
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(self->session->queue)); i++) {
        g_autoptr(TinctureJob) other = g_list_model_get_item(G_LIST_MODEL(self->session->queue), i);
        n += other != job && !(other->type->rank & JOB_LIVE);
    }
    return n == 0 ? g_steal_pointer(&text)
                  : g_strdup_printf(P_("%s · %u more waits", "%s · %u more wait", n), text, n);
}

// "42 %", "42 % · 3.1 s left"; NULL: neither is known.
static char *how_far_text(const TinctureJob *job)
{
    g_autofree char *left = time_left_text(job->seconds_left);
    if (job->fraction < 0) {
        return g_steal_pointer(&left);
    }
    // Translators: how far a job is
    g_autofree char *percent = g_strdup_printf(_("%.0f %%"), floor(job->fraction * 100));
    return left != NULL ? g_strdup_printf("%s · %s", percent, left) : g_steal_pointer(&percent);
}

static void show_job(TinctureStage *self)
{
    const TinctureJob *job = shown_job(self);
    gboolean shown = self->busy && job != NULL;
    show_next(self, job);
    gtk_revealer_set_reveal_child(self->job_revealer, shown);
    if (!shown) {
        progress_stop(self->progress);
        gtk_label_set_text(self->time_text, ""); // it is not of the next job
        return;
    }
    progress_show(self->progress, job->fraction);
    g_autofree char *text = line_text(self, job);
    g_autofree char *far = how_far_text(job);
    gtk_label_set_text(self->job_text, text);
    gtk_label_set_text(self->time_text, far != NULL ? far : "");
    gtk_widget_set_visible(GTK_WIDGET(self->time_text), far != NULL);
    gtk_widget_set_visible(self->cancel, !(job->type->rank & JOB_LASTING));
    gtk_accessible_update_property(GTK_ACCESSIBLE(self->progress), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   translated(job->type->member.title),
                                   GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
}

static gboolean busy_timeout_cb(gpointer data)
{
    TinctureStage *self = data;
    self->busy_timeout = 0;
    self->busy = TRUE;
    show_job(self);
    return G_SOURCE_REMOVE;
}

static void job_changed_cb(TinctureStage *self)
{
    if (shown_job(self) == NULL) {
        g_clear_handle_id(&self->busy_timeout, g_source_remove);
        self->busy = FALSE;
        update_closeup(self);
    } else if (!self->busy && self->busy_timeout == 0) {
        self->busy_timeout = g_timeout_add(BUSY_DELAY_MS, busy_timeout_cb, self);
    }
    show_job(self);
}

// ---- what lies over the picture -----------------------------------------------------------------

// With its margins.
static int extent(gpointer widget, GtkOrientation orientation)
{
    int natural;
    gtk_widget_measure(widget, orientation, -1, NULL, &natural, NULL, NULL);
    return natural;
}

// A photo that fits leaves the tools and the zoom buttons free. What runs is told beside the zoom
// buttons, or above them where text is large or the window small.
static gboolean place_cb(TinctureStage *self, GtkWidget *child, GdkRectangle *place)
{
    enum { JOB_NEEDS = 300, GAP = 12 };
    const int width = gtk_widget_get_width(GTK_WIDGET(self)),
              height = gtk_widget_get_height(GTK_WIDGET(self));
    const gboolean mirrored = gtk_widget_get_direction(child) == GTK_TEXT_DIR_RTL;
    if (child == GTK_WIDGET(self->toolbar)) {
        const int tools = extent(self->toolbar, GTK_ORIENTATION_HORIZONTAL) - GAP;
        tincture_canvas_leave(self->canvas, mirrored ? 0 : tools, mirrored ? tools : 0,
                              extent(self->zoom_box, GTK_ORIENTATION_VERTICAL) - GAP);
    }
    if (child != GTK_WIDGET(self->job_revealer)) {
        return FALSE;
    }
    const int zoom = extent(self->zoom_box, GTK_ORIENTATION_HORIZONTAL);
    const gboolean beside = width - zoom >= JOB_NEEDS;
    place->width = beside ? width - zoom : width;
    place->height = beside ? height : height - extent(self->zoom_box, GTK_ORIENTATION_VERTICAL);
    place->x = beside && mirrored ? zoom : 0;
    place->y = 0;
    return TRUE;
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_stage_dispose(GObject *object)
{
    TinctureStage *self = TINCTURE_STAGE(object);
    g_clear_handle_id(&self->busy_timeout, g_source_remove);
    g_clear_handle_id(&self->closeup_timeout, g_source_remove);
    g_clear_handle_id(&self->zoom_idle, g_source_remove);
    g_clear_pointer(&self->masking, masking_free);
    g_clear_object(&self->project);
    g_clear_object(&self->session);
    g_clear_pointer(&self->before_pixels, g_bytes_unref);
    g_clear_pointer(&self->after_pixels, g_bytes_unref);
    g_clear_pointer(&self->closeup_pixels, g_bytes_unref);
    gtk_widget_dispose_template(GTK_WIDGET(object), TINCTURE_TYPE_STAGE);
    G_OBJECT_CLASS(tincture_stage_parent_class)->dispose(object);
}

static void tincture_stage_class_init(TinctureStageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);
    G_OBJECT_CLASS(klass)->dispose = tincture_stage_dispose;
    g_type_ensure(TINCTURE_TYPE_CANVAS);
    g_type_ensure(TINCTURE_TYPE_TOOLBAR);
    g_type_ensure(TINCTURE_TYPE_TOOL_OPTIONS);
    g_type_ensure(TINCTURE_TYPE_VARIATION_STRIP);
    gtk_widget_class_set_template_from_resource(widget_class, "/org/tincture/Tincture/ui/stage.ui");
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, canvas);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, toolbar);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, options);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, strip);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, badge);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, before_label);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, after_label);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, job_revealer);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, job_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, time_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, zoom_text);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, zoom_fit);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, zoom_box);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, next);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, cancel);
    gtk_widget_class_bind_template_child(widget_class, TinctureStage, progress);
    gtk_widget_class_bind_template_callback(widget_class, tool_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, zoom_changed_cb);
    gtk_widget_class_bind_template_callback(widget_class, update_labels);
    gtk_widget_class_bind_template_callback(widget_class, place_cb);
}

static void tincture_stage_init(TinctureStage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    tincture_tool_options_set_canvas(self->options, self->canvas);
    g_signal_connect_object(self->options, "notify::visible", G_CALLBACK(make_room), self,
                            G_CONNECT_SWAPPED);
    make_room(self);
    // A photo is not mirrored where people write from right to left, nor is what says which side is
    // which.
    gtk_widget_set_direction(self->before_label, GTK_TEXT_DIR_LTR);
    gtk_widget_set_direction(self->after_label, GTK_TEXT_DIR_LTR);
}

void tincture_stage_set_session(TinctureStage *self, TinctureSession *session,
                                TincturePainting *painting)
{
    g_return_if_fail(TINCTURE_IS_STAGE(self) && self->session == NULL);
    self->session = g_object_ref(session);
    self->project = g_object_ref(tincture_painting_get_project(painting));
    tincture_toolbar_set_project(self->toolbar, self->project);
    if (painting == session->painting) {
        tincture_variation_strip_set_session(self->strip, session);
    } else { // variations are of the open photo
        gtk_widget_set_visible(GTK_WIDGET(self->strip), FALSE);
    }
    self->masking = masking_new(self->canvas, session, painting);
    g_signal_connect_object(self->project, "view-changed", G_CALLBACK(update_pictures), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->project, "document-changed", G_CALLBACK(document_changed_cb),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(session->queue, "changed", G_CALLBACK(job_changed_cb), self,
                            G_CONNECT_SWAPPED);
    update_pictures(self);
    job_changed_cb(self);
}

TinctureCanvas *tincture_stage_get_canvas(TinctureStage *self)
{
    return self->canvas;
}

TinctureToolbar *tincture_stage_get_toolbar(TinctureStage *self)
{
    return self->toolbar;
}
