#include "ui/core/painting.h"

#include "compute/i18n.h"

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

// The painter of a photo. A thread that still paints holds it after the photo has been closed.
struct canvas {
    gatomicrefcount references;
    struct photo *photo;
    struct mask_painter *painter;
};

struct _TincturePainting {
    GObject parent_instance;

    TinctureProject *project; // borrowed: whoever owns both lets it last longer
    struct canvas *canvas;    // NULL: no mask has been shown of this photo
    struct mask *preview;     // NULL: the document's is wanted
    struct mask *shown;       // what the raster is of, where that is known
    struct mask *begun;       // what the thread paints
    bool known, busy;
    GCancellable *cancel; // of the thread's work
    double coverage;      // of the mask that was counted last:
    struct mask *counted;
};

G_DEFINE_FINAL_TYPE(TincturePainting, tincture_painting, G_TYPE_OBJECT)

static struct canvas *canvas_new(struct photo *photo, GError **error)
{
    struct mask_painter *painter = mask_painter_new(photo->full, error);
    if (!painter) {
        return NULL;
    }
    struct canvas *c = g_new0(struct canvas, 1);
    g_atomic_ref_count_init(&c->references);
    c->photo = photo_ref(photo);
    c->painter = painter;
    return c;
}

static struct canvas *canvas_ref(struct canvas *c)
{
    g_atomic_ref_count_inc(&c->references);
    return c;
}

static void canvas_unref(struct canvas *c)
{
    if (c && g_atomic_ref_count_dec(&c->references)) {
        mask_painter_free(c->painter);
        photo_unref(c->photo);
        g_free(c);
    }
}

static void take_mask(struct mask **to, struct mask *m)
{
    mask_unref(*to);
    *to = m;
}

// ---- painting on the other thread ---------------------------------------------------------------

struct work {
    struct canvas *canvas;
    struct mask *mask;
    struct image_region changed;
};

static void work_free(gpointer data)
{
    struct work *work = data;
    canvas_unref(work->canvas);
    mask_unref(work->mask);
    g_free(work);
}

static void work_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
    struct work *work = data;
    struct task quiet = {.cancellable = cancel};
    GError *error = NULL;
    if (mask_painter_show(work->canvas->painter, work->mask, &work->changed, &quiet, &error)) {
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
}

static void done_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TincturePainting) self = data;
    const struct work *work = g_task_get_task_data(G_TASK(result));
    g_autoptr(GError) error = NULL;
    const bool ok = g_task_propagate_boolean(G_TASK(result), &error);
    if (work->canvas != self->canvas) {
        return; // of a photo that has been closed
    }
    self->busy = false;
    self->known = ok || !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    take_mask(&self->shown, mask_ref(work->mask));
    tincture_project_say_error(self->project, _("The mask could not be drawn"), error);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0, ok ? &work->changed : NULL);
}

static void begin_work(TincturePainting *self, struct mask *m)
{
    struct work *work = g_new0(struct work, 1);
    work->canvas = canvas_ref(self->canvas);
    work->mask = mask_ref(m);
    self->busy = true;
    take_mask(&self->begun, mask_ref(m));
    g_clear_object(&self->cancel);
    self->cancel = g_cancellable_new();
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, self->cancel, done_cb, g_object_ref(self));
    g_task_set_task_data(task, work, work_free);
    g_task_run_in_thread(task, work_thread);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0, NULL); // from now on the raster is not read
}

// ---- what is wanted -----------------------------------------------------------------------------

static struct mask *wanted(TincturePainting *self)
{
    return self->preview ? self->preview : self->project->document.mask;
}

// One stroke more, one less, or the newest one longer: no more than what a hand does in a frame.
static bool is_stroke(const struct mask *from, const struct mask *to)
{
    if (from && to == mask_before(from)) {
        return true;
    }
    return to && mask_last(to)->kind <= MASK_LASSO && mask_last(to)->reach == 0 &&
           (mask_before(to) == from || (from && mask_before(to) == mask_before(from)));
}

static void paint_now(TincturePainting *self, struct mask *m)
{
    struct image_region changed = {0};
    g_autoptr(GError) error = NULL;
    if (!mask_painter_show(self->canvas->painter, m, &changed, NULL, &error)) {
        tincture_project_say_error(self->project, _("The mask could not be drawn"), error);
    }
    take_mask(&self->shown, mask_ref(m));
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0, &changed);
}

static bool need_canvas(TincturePainting *self)
{
    g_autoptr(GError) error = NULL;
    if (!self->canvas && self->project->photo) {
        self->canvas = canvas_new(self->project->photo, &error);
        self->known = true;
        tincture_project_say_error(self->project, _("The mask could not be drawn"), error);
    }
    return self->canvas != NULL;
}

// What the thread paints is a part of m: it is worth waiting for.
static bool is_begun(const TincturePainting *self, const struct mask *m)
{
    const int steps = mask_steps(self->begun);
    while (mask_steps(m) > steps) {
        m = mask_before(m);
    }
    return m == self->begun;
}

// After every change, also of its own making: the next thing that is wanted.
static void follow(TincturePainting *self)
{
    struct mask *m = wanted(self);
    if (self->busy) {
        if (!is_begun(self, m)) {
            g_cancellable_cancel(self->cancel);
        }
    } else if ((m != self->shown || !self->known) && (self->canvas || m) && need_canvas(self)) {
        if (self->known && is_stroke(self->shown, m)) {
            paint_now(self, m);
        } else {
            begin_work(self, m);
        }
    }
}

static void class_changed_cb(TincturePainting *self, const struct image_region *part)
{
    follow(self);
}

static void close_canvas(TincturePainting *self)
{
    if (self->cancel) {
        g_cancellable_cancel(self->cancel);
    }
    self->busy = false;
    g_clear_pointer(&self->canvas, canvas_unref);
    take_mask(&self->preview, NULL);
    take_mask(&self->shown, NULL);
    take_mask(&self->begun, NULL);
    take_mask(&self->counted, NULL);
}

static void document_changed_cb(TincturePainting *self, guint parts)
{
    const bool other = self->canvas && self->canvas->photo != self->project->photo;
    if (other) {
        close_canvas(self);
        g_signal_emit(self, signals[SIGNAL_CHANGED], 0, NULL);
    } else if (parts & (DOCUMENT_PLACE | DOCUMENT_PHOTO)) {
        follow(self);
    }
}

void tincture_painting_preview(TincturePainting *self, const struct mask *m)
{
    take_mask(&self->preview, m ? mask_ref(m) : NULL);
    follow(self);
}

TinctureProject *tincture_painting_get_project(TincturePainting *self)
{
    return self->project;
}

const struct raster *tincture_painting_raster(TincturePainting *self)
{
    return self->canvas && (self->shown || self->busy) ? mask_painter_raster(self->canvas->painter)
                                                       : NULL;
}

bool tincture_painting_is_busy(TincturePainting *self)
{
    return self->busy;
}

// Counting goes over all of the photo, which is too much for each movement of a hand.
double tincture_painting_coverage(TincturePainting *self)
{
    if (!wanted(self)) {
        return 0;
    }
    if (!self->busy && self->shown == self->project->document.mask &&
        self->counted != self->shown) {
        self->coverage = raster_mean(mask_painter_raster(self->canvas->painter));
        take_mask(&self->counted, mask_ref(self->shown));
    }
    return self->coverage;
}

// ---- the object ---------------------------------------------------------------------------------

TincturePainting *tincture_painting_new(TinctureProject *project)
{
    TincturePainting *self = g_object_new(TINCTURE_TYPE_PAINTING, NULL);
    self->project = project;
    g_signal_connect_object(project, "document-changed", G_CALLBACK(document_changed_cb), self,
                            G_CONNECT_SWAPPED);
    return self;
}

static void tincture_painting_dispose(GObject *object)
{
    TincturePainting *self = TINCTURE_PAINTING(object);
    close_canvas(self);
    g_clear_object(&self->cancel);
    G_OBJECT_CLASS(tincture_painting_parent_class)->dispose(object);
}

static void tincture_painting_class_init(TincturePaintingClass *class)
{
    G_OBJECT_CLASS(class)->dispose = tincture_painting_dispose;
    signals[SIGNAL_CHANGED] = g_signal_new_class_handler(
        "changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, G_CALLBACK(class_changed_cb), NULL,
        NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void tincture_painting_init(TincturePainting *self)
{
}
