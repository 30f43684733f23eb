#include "ui/core/studio.h"

#include "ui/core/engine.h"

G_DEFINE_FINAL_TYPE(TinctureStudio, tincture_studio, G_TYPE_OBJECT)

void studio_engine_set(struct studio_engine *engine, const struct studio_engine *to)
{
    const struct studio_engine old = *engine;
    *engine = (struct studio_engine){g_strdup(to->model), g_strdup(to->vae), g_strdup(to->device),
                                     g_strdup(to->precision)};
    g_free((char *)old.model);
    g_free((char *)old.vae);
    g_free((char *)old.device);
    g_free((char *)old.precision);
}

TinctureStudio *tincture_studio_new(const char *data_dir, const char *model, const char *vae,
                                    const char *device, const char *precision)
{
    TinctureStudio *self = g_object_new(TINCTURE_TYPE_STUDIO, NULL);
    self->data_dir = g_strdup(data_dir);
    studio_engine_set(&self->asked, &(struct studio_engine){model, vae, device, precision});
    return self;
}

void tincture_studio_close(TinctureStudio *self)
{
    if (!self->engine) {
        return;
    }
    tincture_queue_close(self->queue);
    tincture_subject_work_leave(self->subject);
    tincture_subject_work_leave(self->style);
    self->reader = NULL;
    g_clear_pointer(&self->engine, engine_free);
}

static void tincture_studio_finalize(GObject *object)
{
    TinctureStudio *self = TINCTURE_STUDIO(object);
    static const struct studio_engine nothing;
    tincture_queue_close(self->queue); // where no session has ever been
    g_clear_pointer(&self->engine, engine_free);
    g_object_unref(self->subject);
    g_object_unref(self->style);
    g_object_unref(self->queue);
    g_ptr_array_unref(self->sessions);
    vocabulary_free(self->vocabulary);
    studio_engine_set(&self->asked, &nothing);
    studio_engine_set(&self->used, &nothing);
    g_free(self->data_dir);
    g_free(self->opening);
    g_free(self->device);
    g_free(self->model);
    G_OBJECT_CLASS(tincture_studio_parent_class)->finalize(object);
}

static void tincture_studio_class_init(TinctureStudioClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_studio_finalize;
}

static void tincture_studio_init(TinctureStudio *self)
{
    self->engine = engine_new();
    self->queue = tincture_queue_new(self->engine);
    self->sessions = g_ptr_array_new();
    self->subject = tincture_subject_work_new(&subject_lesson, self->queue);
    self->style = tincture_subject_work_new(&style_lesson, self->queue);
    self->device = g_strdup("");
    self->model = g_strdup("");
}
