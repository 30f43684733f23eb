#include "ui/core/sticker_work.h"

#include "ui/core/engine.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"
#include "ui/core/sticker.h"

#include <string.h>

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureStickerWork, tincture_sticker_work, G_TYPE_OBJECT)

static void changed(TinctureStickerWork *self)
{
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static bool say(TinctureStickerWork *self, const char *sentence)
{
    tincture_project_say(self->project, MESSAGE_ERROR, "%s", sentence);
    return false;
}

// ---- putting it together ------------------------------------------------------------------------

static void put_together(TinctureStickerWork *self)
{
    const struct sticker_params params = sticker_params(self->settings);
    g_autoptr(GError) error = NULL;
    struct image *sticker = self->cut ? sticker_make(self->cut, &params, &error) : NULL;
    picture_clear(&self->sticker);
    g_clear_pointer(&self->outcome, g_free);
    if (sticker) {
        self->sticker = picture_from_image(sticker);
        image_free(sticker);
    } else if (error) {
        self->outcome = plain_text(error->message, TEXT_SENTENCE);
    }
    changed(self);
}

static gboolean again_cb(gpointer data)
{
    TinctureStickerWork *self = data;
    self->again = 0;
    put_together(self);
    return G_SOURCE_REMOVE;
}

// Once for all that a slider says before the window is drawn again.
static void put_together_soon(TinctureStickerWork *self)
{
    if (self->again == 0) {
        self->again = g_idle_add(again_cb, self);
    }
}

void tincture_sticker_work_set(TinctureStickerWork *self, const char *key, double value)
{
    if (settings_get(self->settings, key) != value &&
        settings_set(self->settings, key, value, NULL)) {
        put_together_soon(self);
        changed(self);
    }
}

// ---- what it is of ------------------------------------------------------------------------------

static bool is_working(TinctureStickerWork *self)
{
    return tincture_queue_find(self->queue, &sticker_job) != NULL;
}

static void submit(TinctureStickerWork *self, const struct job_inputs *in)
{
    tincture_queue_submit(self->queue, tincture_job_new(&sticker_job, in));
    changed(self);
}

void tincture_sticker_work_set_style(TinctureStickerWork *self, const char *name)
{
    if (g_strcmp0(self->style, name) != 0) {
        g_free(self->style);
        self->style = g_strdup(name);
        changed(self);
    }
}

static GArray *adapters(const TinctureStickerWork *self)
{
    GArray *uses = engine_adapters_new();
    if (self->style) {
        const struct engine_adapter use = {
            .path = paths_style(self->model, self->style), .scale = 1.0, .enabled = true};
        g_array_append_val(uses, use);
    }
    return uses;
}

bool tincture_sticker_work_draw(TinctureStickerWork *self, const char *prompt)
{
    g_autofree char *plain = g_strstrip(g_strdup(prompt));
    struct document d;
    if (!*plain) {
        return say(self, "Say what the sticker should show first");
    }
    if (is_working(self)) {
        return say(self, "A sticker is being made already");
    }
    document_init(&d);
    g_free(d.prompt);
    d.prompt = sticker_sentence(plain);
    d.seed = ++self->seed;
    g_autoptr(GArray) uses = adapters(self);
    submit(self, &(struct job_inputs){.document = &d, .adapters = uses, .title = plain});
    document_clear(&d);
    return true;
}

bool tincture_sticker_work_cut(TinctureStickerWork *self)
{
    const TinctureProject *p = self->project;
    if (!p->photo) {
        return say(self, "Open a photo and select what the sticker should show first");
    }
    if (!p->document.mask && !p->photo->full->alpha) {
        return say(self, "Select what the sticker should show first: a word, a click or the brush");
    }
    if (is_working(self)) {
        return say(self, "A sticker is being made already");
    }
    submit(self, &(struct job_inputs){.photo = p->photo,
                                      .document = (struct document *)&p->document,
                                      .title = p->title});
    return true;
}

void tincture_sticker_work_came(TinctureStickerWork *self, TinctureJob *job)
{
    if (!job->error) {
        image_free(self->cut);
        self->cut = g_steal_pointer(&job->out.cut);
        g_free(self->name);
        self->name = g_strdup(job->in.title);
        put_together(self);
    } else {
        changed(self);
    }
}

// ---- the file -----------------------------------------------------------------------------------

char *tincture_sticker_work_file_name(const TinctureStickerWork *self)
{
    g_autofree char *name = plain_text(self->name ? self->name : "Sticker", TEXT_NAME);
    const char *dot = strrchr(name, '.');
    g_autofree char *stem = dot && dot != name && strlen(dot) <= 5
                                ? g_strndup(name, (gsize)(dot - name))
                                : g_strdup(name);
    g_strdelimit(stem, G_DIR_SEPARATOR_S, '_');
    return g_strdup_printf("%s (Sticker).%s", stem, sticker_target(self->settings)->formats[0]);
}

bool tincture_sticker_work_save(TinctureStickerWork *self, const char *path)
{
    const struct sticker_target *target = sticker_target(self->settings);
    g_autoptr(GError) error = NULL;
    if (!self->sticker.rgba || self->again) { // or it is not what the settings say
        put_together(self);
    }
    if (!self->sticker.rgba) {
        return say(self, "There is no sticker yet");
    }
    if (!sticker_save_check(path, target, &error)) {
        tincture_project_say_error(self->project, "The sticker cannot be saved", error);
        return false;
    }
    const struct job_inputs in = {.bytes = self->sticker.rgba,
                                  .width = self->sticker.width,
                                  .height = self->sticker.height,
                                  .target = target,
                                  .path = path};
    tincture_queue_submit(self->queue, tincture_job_new(&save_sticker_job, &in));
    changed(self);
    return true;
}

void tincture_sticker_work_saved(TinctureStickerWork *self, TinctureJob *job)
{
    g_clear_pointer(&self->outcome, g_free);
    self->outcome = g_strdup(job->out.note);
    changed(self);
}

// ---- life ---------------------------------------------------------------------------------------

TinctureStickerWork *tincture_sticker_work_new(TinctureProject *project, TinctureQueue *queue,
                                               const char *model)
{
    TinctureStickerWork *self = g_object_new(TINCTURE_TYPE_STICKER_WORK, NULL);
    self->project = project;
    self->queue = queue;
    self->model = g_strdup(model);
    self->styles = paths_styles(model);
    return self;
}

static void tincture_sticker_work_finalize(GObject *object)
{
    TinctureStickerWork *self = TINCTURE_STICKER_WORK(object);
    g_clear_handle_id(&self->again, g_source_remove);
    settings_free(self->settings);
    picture_clear(&self->sticker);
    image_free(self->cut);
    g_strfreev(self->styles);
    g_free(self->style);
    g_free(self->model);
    g_free(self->name);
    g_free(self->outcome);
    G_OBJECT_CLASS(tincture_sticker_work_parent_class)->finalize(object);
}

static void tincture_sticker_work_class_init(TinctureStickerWorkClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = tincture_sticker_work_finalize;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(klass), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_sticker_work_init(TinctureStickerWork *self)
{
    self->settings = settings_new(sticker_settings);
}
