#include "ui/core/sticker_work.h"

#include "compute/i18n.h"

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

static void made_free(void *data)
{
    struct sticker_made *m = data;
    g_free(m->name);
    image_free(m->cut);
    image_free(m->sticker);
    g_free(m);
}

// ---- putting them together ----------------------------------------------------------------------

// Why one cannot be is said by show().
static void put_together(TinctureStickerWork *self, guint i)
{
    const struct sticker_params params = sticker_params(self->settings);
    struct sticker_made *m = self->made->pdata[i];
    g_autoptr(GError) error = NULL;
    image_free(m->sticker);
    m->sticker = sticker_make(m->cut, &params, &error);
    if (!m->sticker) {
        g_free(self->outcome);
        self->outcome = plain_text(error->message, TEXT_SENTENCE);
    }
}

// struct image *, borrowed: of those that could be put together.
static GPtrArray *stickers_of(const TinctureStickerWork *self)
{
    GPtrArray *list = g_ptr_array_new();
    for (guint i = 0; i < self->made->len; i++) {
        const struct sticker_made *m = self->made->pdata[i];
        if (m->sticker) {
            g_ptr_array_add(list, m->sticker);
        }
    }
    return list;
}

static struct image *page_of(const GPtrArray *list, GError **error)
{
    return sticker_page((struct image *const *)list->pdata, (int)list->len, error);
}

static void show(TinctureStickerWork *self)
{
    g_autoptr(GPtrArray) list = stickers_of(self);
    g_autoptr(GError) error = NULL;
    struct image *page = list->len > 1 ? page_of(list, &error) : NULL;
    picture_clear(&self->sticker);
    if (page || list->len == 1) {
        self->sticker = picture_from_image(page ? page : list->pdata[0]);
    }
    if (!self->outcome && error) {
        self->outcome = plain_text(error->message, TEXT_SENTENCE);
    }
    if (!self->outcome && self->failed > 0 && self->asked > 1 && self->coming == 0) {
        self->outcome = g_strdup_printf(P_("%u of %u sticker could not be made",
                                           "%u of %u stickers could not be made", self->asked),
                                        self->failed, self->asked);
    }
    image_free(page);
    changed(self);
}

// One a turn, so that the window goes on.
static gboolean again_cb(gpointer data)
{
    TinctureStickerWork *self = data;
    if (self->next < self->made->len) {
        put_together(self, self->next++);
        return G_SOURCE_CONTINUE;
    }
    self->again = 0;
    show(self);
    return G_SOURCE_REMOVE;
}

// Those from first on; once for all that a slider says before the window is drawn again.
static void put_together_soon(TinctureStickerWork *self, guint first)
{
    g_clear_pointer(&self->outcome, g_free);
    self->next = self->again ? MIN(self->next, first) : first;
    if (self->again == 0) {
        self->again = g_idle_add(again_cb, self);
    }
}

static void put_together_now(TinctureStickerWork *self)
{
    if (self->again) {
        g_clear_handle_id(&self->again, g_source_remove);
        while (self->next < self->made->len) {
            put_together(self, self->next++);
        }
        show(self);
    }
}

void tincture_sticker_work_set(TinctureStickerWork *self, const char *key, double value)
{
    if (settings_get(self->settings, key) != value &&
        settings_set(self->settings, key, value, NULL)) {
        put_together_soon(self, 0);
        changed(self);
    }
}

// ---- what it is of ------------------------------------------------------------------------------

static bool is_working(TinctureStickerWork *self)
{
    return tincture_queue_find(self->queue, self->project, &sticker_job) != NULL;
}

static void submit(TinctureStickerWork *self, const struct job_inputs *in)
{
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&sticker_job, in));
    changed(self);
}

static void style_free(void *data)
{
    struct sticker_style *s = data;
    g_free(s->name);
    g_free(s->path);
    g_free(s);
}

// Takes both.
static void add_style(TinctureStickerWork *self, char *name, char *path)
{
    struct sticker_style *s = g_new(struct sticker_style, 1);
    *s = (struct sticker_style){name, path};
    g_ptr_array_add(self->styles, s);
}

void tincture_sticker_work_list_styles(TinctureStickerWork *self)
{
    const char *model = self->library->model;
    g_auto(GStrv) names = paths_styles(model);
    g_autoptr(GPtrArray) learned = library_files(self->library, LIBRARY_STYLES);
    bool there = false;
    g_ptr_array_set_size(self->styles, 0);
    for (int i = 0; names[i]; i++) {
        add_style(self, plain_text(names[i], TEXT_NAME), paths_style(model, names[i]));
    }
    for (guint i = 0; i < learned->len; i++) {
        const struct library_file *f = learned->pdata[i];
        add_style(self, g_strdup(f->name), g_strdup(f->path));
    }
    for (guint i = 0; i < self->styles->len; i++) {
        const struct sticker_style *s = self->styles->pdata[i];
        there = there || g_strcmp0(s->path, self->style) == 0;
    }
    if (!there) {
        g_clear_pointer(&self->style, g_free);
    }
}

void tincture_sticker_work_set_style(TinctureStickerWork *self, const char *path)
{
    if (g_strcmp0(self->style, path) != 0) {
        g_free(self->style);
        self->style = g_strdup(path);
        changed(self);
    }
}

static GArray *adapters(const TinctureStickerWork *self)
{
    GArray *uses = engine_adapters_new();
    if (self->style) {
        const struct engine_adapter use = {
            .path = g_strdup(self->style), .scale = 1.0, .enabled = true};
        g_array_append_val(uses, use);
    }
    return uses;
}

// char *, freed with the array: the lines that are not empty.
static GPtrArray *sentences_of(const char *text)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        if (*g_strstrip(lines[i])) {
            g_ptr_array_add(list, g_strdup(lines[i]));
        }
    }
    return list;
}

// So many are asked for; those that there are stay until the first of them comes.
static void begin(TinctureStickerWork *self, guint asked)
{
    self->anew = true;
    self->asked = self->coming = asked;
    self->failed = 0;
}

static void draw(TinctureStickerWork *self, const char *sentence)
{
    struct document d;
    document_init(&d);
    g_free(d.prompt);
    d.prompt = sticker_sentence(sentence);
    d.seed = ++self->seed; // the same sentence twice is two pictures
    g_autoptr(GArray) uses = adapters(self);
    submit(self, &(struct job_inputs){.document = &d, .adapters = uses, .title = sentence});
    document_clear(&d);
}

bool tincture_sticker_work_draw(TinctureStickerWork *self, const char *prompts)
{
    g_autoptr(GPtrArray) list = sentences_of(prompts);
    if (list->len == 0) {
        return say(self, _("Say what the sticker should show first"));
    }
    if (list->len > STICKERS_MOST) {
        g_autofree char *text = g_strdup_printf(
            _("%u sentences are too many at once; %d are the most"), list->len, STICKERS_MOST);
        return say(self, text);
    }
    if (is_working(self)) {
        return say(self, _("A sticker is being made already"));
    }
    begin(self, list->len);
    for (guint i = 0; i < list->len; i++) {
        draw(self, list->pdata[i]);
    }
    return true;
}

bool tincture_sticker_work_cut(TinctureStickerWork *self)
{
    const TinctureProject *p = self->project;
    if (!p->photo) {
        return say(self, _("Open a photo and select what the sticker should show first"));
    }
    if (!p->document.mask && !p->photo->full->alpha) {
        return say(self,
                   _("Select what the sticker should show first: a word, a click or the brush"));
    }
    if (is_working(self)) {
        return say(self, _("A sticker is being made already"));
    }
    begin(self, 1);
    submit(self, &(struct job_inputs){.photo = p->photo,
                                      .document = (struct document *)&p->document,
                                      .title = p->title});
    return true;
}

static void take_cut(TinctureStickerWork *self, TinctureJob *job)
{
    struct sticker_made *m = g_new0(struct sticker_made, 1);
    m->name = g_strdup(job->in.title);
    m->cut = g_steal_pointer(&job->out.cut);
    if (self->anew) {
        g_ptr_array_set_size(self->made, 0);
        self->anew = false;
    }
    g_ptr_array_add(self->made, m);
    put_together_soon(self, self->made->len - 1);
}

void tincture_sticker_work_came(TinctureStickerWork *self, TinctureJob *job)
{
    self->coming--;
    if (!job->error) {
        take_cut(self, job);
    } else if (!g_error_matches(job->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        self->failed++;
        put_together_soon(self, self->made->len); // what is said of them
    }
    changed(self);
}

// ---- files --------------------------------------------------------------------------------------

char *tincture_sticker_work_file_name(const TinctureStickerWork *self)
{
    const struct sticker_made *m = self->made->len ? self->made->pdata[0] : NULL;
    g_autofree char *name = plain_text(m ? m->name : _("Sticker"), TEXT_NAME);
    const char *dot = strrchr(name, '.');
    g_autofree char *stem = dot && dot != name && strlen(dot) <= 5
                                ? g_strndup(name, (gsize)(dot - name))
                                : g_strdup(name);
    g_strdelimit(stem, G_DIR_SEPARATOR_S, '_');
    return g_strdup_printf(_("%s (Sticker).%s"), stem, sticker_target(self->settings)->formats[0]);
}

// Takes the picture.
static void write_file(TinctureStickerWork *self, struct picture p,
                       const struct sticker_target *target, const char *path)
{
    const struct job_inputs in = {
        .bytes = p.rgba, .width = p.width, .height = p.height, .target = target, .path = path};
    self->saving++;
    tincture_queue_submit(self->queue, self->project, tincture_job_new(&save_sticker_job, &in));
    picture_clear(&p);
}

static bool can_save(TinctureStickerWork *self, const char *path,
                     const struct sticker_target *target)
{
    g_autoptr(GError) error = NULL;
    const bool can = sticker_save_check(path, target, &error);
    tincture_project_say_error(self->project, _("The sticker cannot be saved"), error);
    return can;
}

// The files that are written from now on, into a folder or (NULL) a single one.
static void begin_saving(TinctureStickerWork *self, const char *folder)
{
    g_free(self->folder);
    self->folder = g_strdup(folder);
    self->saving = self->saved = 0;
}

bool tincture_sticker_work_save(TinctureStickerWork *self, const char *path)
{
    const struct sticker_target *target = sticker_target(self->settings);
    put_together_now(self); // or it is not what the settings say
    if (!self->sticker.rgba) {
        return say(self, _("There is no sticker yet"));
    }
    if (!can_save(self, path, target)) {
        return false;
    }
    begin_saving(self, NULL);
    write_file(self, picture_ref(&self->sticker), target, path);
    changed(self);
    return true;
}

// Names of those that could be put together, and behind them one for their page.
static GPtrArray *names_of(const TinctureStickerWork *self)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < self->made->len; i++) {
        const struct sticker_made *m = self->made->pdata[i];
        if (m->sticker) {
            g_ptr_array_add(names, m->name);
        }
    }
    return names;
}

bool tincture_sticker_work_save_all(TinctureStickerWork *self, const char *folder)
{
    const struct sticker_target *target = sticker_target(self->settings), *any = sticker_targets;
    put_together_now(self);
    g_autoptr(GPtrArray) list = stickers_of(self), names = names_of(self);
    g_autoptr(GPtrArray) page = g_ptr_array_new();
    if (list->len == 0) {
        return say(self, _("There is no sticker yet"));
    }
    g_ptr_array_add(page, _("all stickers"));
    g_autoptr(GPtrArray) paths = sticker_paths(folder, names, target->formats[0]);
    g_autoptr(GPtrArray) page_path = sticker_paths(folder, page, any->formats[0]);
    if (!can_save(self, paths->pdata[0], target)) {
        return false;
    }
    begin_saving(self, folder);
    for (guint i = 0; i < list->len; i++) {
        write_file(self, picture_from_image(list->pdata[i]), target, paths->pdata[i]);
    }
    write_file(self, picture_ref(&self->sticker), any, page_path->pdata[0]);
    self->to_save = self->saving;
    changed(self);
    return true;
}

void tincture_sticker_work_saved(TinctureStickerWork *self, TinctureJob *job)
{
    self->saving--;
    self->saved += !job->error;
    if (self->saving == 0) {
        g_free(self->outcome);
        g_autofree char *place = self->folder ? g_filename_display_name(self->folder) : NULL;
        self->outcome =
            place ? g_strdup_printf(_("Saved %u of %u files, the last one a page of all, in %s"),
                                    self->saved, self->to_save, place)
                  : g_strdup(job->out.note);
    }
    changed(self);
}

// ---- life ---------------------------------------------------------------------------------------

TinctureStickerWork *tincture_sticker_work_new(TinctureProject *project, TinctureQueue *queue,
                                               struct library *library)
{
    TinctureStickerWork *self = g_object_new(TINCTURE_TYPE_STICKER_WORK, NULL);
    self->project = project;
    self->queue = queue;
    self->library = library;
    self->styles = g_ptr_array_new_with_free_func(style_free);
    return self;
}

static void tincture_sticker_work_finalize(GObject *object)
{
    TinctureStickerWork *self = TINCTURE_STICKER_WORK(object);
    g_clear_handle_id(&self->again, g_source_remove);
    settings_free(self->settings);
    picture_clear(&self->sticker);
    g_ptr_array_unref(self->made);
    g_ptr_array_unref(self->styles);
    g_free(self->style);
    g_free(self->folder);
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
    self->made = g_ptr_array_new_with_free_func(made_free);
}
