#include "ui/core/subject_work.h"

#include "compute/json_file.h"
#include "compute/model/embedding.h"
#include "compute/replace.h"
#include "render/file.h"
#include "ui/core/plain_text.h"
#include "ui/core/subject.h"
#include "ui/core/training.h"

#include <glib/gstdio.h>
#include <string.h>

#define FOLDER        LIBRARY_SUBJECTS
#define DRAFT_FILE    FOLDER "/draft.json"
#define SUFFIX        LIBRARY_SUFFIX
#define SAVE_PAUSE_MS 800
#define THUMB_SIDE    192
#define FAULTS_TOLD   3
#define SUGGESTED     "<rex>"

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSubjectWork, tincture_subject_work, G_TYPE_OBJECT)

static void changed(TinctureSubjectWork *self)
{
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static void say(TinctureSubjectWork *self, const char *sentence)
{
    tincture_project_say(self->project, MESSAGE_ERROR, "%s", sentence);
}

// ---- values -------------------------------------------------------------------------------------

static void view_free(void *data)
{
    struct subject_view *v = data;
    g_free(v->path);
    g_free(v->name);
    g_free(v->caption);
    picture_clear(&v->thumb);
    g_free(v);
}

static void strip_free(void *data)
{
    struct subject_strip *s = data;
    g_free(s->title);
    g_array_unref(s->samples);
    g_free(s);
}

static void run_init(struct subject_run *run)
{
    *run = (struct subject_run){.loss = g_array_new(FALSE, FALSE, sizeof(double))};
    subject_draft_init(&run->draft);
}

static void run_clear(struct subject_run *run)
{
    subject_draft_clear(&run->draft);
    g_free(run->checkpoint);
    g_clear_pointer(&run->loss, g_array_unref);
}

// It is over, and shows how it went.
static void run_end(TinctureSubjectWork *self, struct subject_run *run)
{
    g_autofree char *path =
        run->checkpoint ? store_own_path(self->library->store, run->checkpoint) : NULL;
    if (path) {
        g_unlink(path);
    }
    g_clear_pointer(&run->checkpoint, g_free);
}

static bool has_checkpoint(TinctureSubjectWork *self, const struct subject_run *run)
{
    g_autofree char *path =
        run->checkpoint ? store_own_path(self->library->store, run->checkpoint) : NULL;
    return path && g_file_test(path, G_FILE_TEST_EXISTS);
}

bool tincture_subject_work_waits(TinctureSubjectWork *self)
{
    return !self->running && self->run.checkpoint;
}

// ---- the library's file -------------------------------------------------------------------------

static void write_run(const struct subject_run *run, JsonBuilder *b)
{
    json_builder_begin_object(b);
    subject_draft_write_json(&run->draft, b);
    json_builder_set_member_name(b, "checkpoint");
    json_builder_add_string_value(b, run->checkpoint);
    json_builder_set_member_name(b, "step");
    json_builder_add_int_value(b, run->step);
    json_builder_set_member_name(b, "loss");
    json_builder_begin_array(b);
    for (guint i = 0; i < run->loss->len; i++) {
        json_builder_add_double_value(b, g_array_index(run->loss, double, i));
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

static char *to_json(TinctureSubjectWork *self)
{
    const struct subject_run *run = has_checkpoint(self, &self->run)       ? &self->run
                                    : has_checkpoint(self, &self->waiting) ? &self->waiting
                                                                           : NULL;
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    subject_draft_write_json(&self->draft, b);
    if (run) {
        json_builder_set_member_name(b, "run");
        write_run(run, b);
    }
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

static void save_now(TinctureSubjectWork *self)
{
    g_clear_handle_id(&self->save_timer, g_source_remove);
    if (!self->library->store || !self->loaded) {
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autofree char *path = store_path(self->library->store, DRAFT_FILE);
    g_autofree char *text = to_json(self);
    const bool saved = replacement_whole(path, text, strlen(text), &error);
    if (!saved && !self->save_failed) { // said once
        tincture_project_say_error(self->project, "The subject could not be saved", error);
    }
    self->save_failed = !saved;
}

static gboolean save_cb(gpointer data)
{
    TinctureSubjectWork *self = data;
    self->save_timer = 0;
    save_now(self);
    return G_SOURCE_REMOVE;
}

static void edited(TinctureSubjectWork *self)
{
    if (!self->save_timer) {
        self->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, self);
    }
    changed(self);
}

static void read_run(struct subject_run *run, JsonObject *o)
{
    JsonNode *loss = json_object_get_member(o, "loss"),
             *checkpoint = json_object_get_member(o, "checkpoint"),
             *step = json_object_get_member(o, "step");
    subject_draft_read_json(&run->draft, o);
    run->steps = settings_int(run->draft.learn, "steps");
    if (checkpoint && JSON_NODE_HOLDS_VALUE(checkpoint)) {
        run->checkpoint = g_strdup(json_node_get_string(checkpoint));
    }
    if (step && JSON_NODE_HOLDS_VALUE(step)) {
        run->step = (int)CLAMP(json_node_get_int(step), 0, run->steps);
    }
    JsonArray *values = loss && JSON_NODE_HOLDS_ARRAY(loss) ? json_node_get_array(loss) : NULL;
    for (guint i = 0; values && i < json_array_get_length(values); i++) {
        JsonNode *number = json_array_get_element(values, i);
        const double value = JSON_NODE_HOLDS_VALUE(number) ? json_node_get_double(number) : 0;
        g_array_append_val(run->loss, value);
    }
}

// ---- photos -------------------------------------------------------------------------------------

struct reading {
    char *path;
    struct subject_view *view;
};

static void reading_free(void *data)
{
    struct reading *r = data;
    g_free(r->path);
    g_free(r);
}

// The photo at a size that only says where a mask belongs.
static struct subject_view *read_view(const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    struct image *full = image_load(file, NULL, error);
    struct photo *photo = full ? photo_new(full, 64, 8, 0, error) : NULL;
    struct subject_file *beside = photo ? subject_file_read(path, photo, error) : NULL;
    struct subject_view *view = NULL;
    if (beside) {
        view = g_new0(struct subject_view, 1);
        *view = (struct subject_view){
            .path = g_strdup(path),
            .name = g_filename_display_basename(path),
            .caption = g_strdup(beside->caption),
            .masked = beside->mask != NULL,
            .width = photo->full->width,
            .height = photo->full->height,
            .thumb = picture_shrink(photo->full, THUMB_SIDE),
        };
        subject_file_free(beside);
    }
    photo_unref(photo);
    return view;
}

static void reading_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
    const struct reading *r = data;
    GError *error = NULL;
    struct subject_view *view =
        g_cancellable_set_error_if_cancelled(cancel, &error) ? NULL : read_view(r->path, &error);
    if (view) {
        g_task_return_pointer(task, view, view_free);
    } else {
        g_task_return_error(task, error);
    }
}

static bool path_index(TinctureSubjectWork *self, const char *path, guint *index)
{
    return g_ptr_array_find_with_equal_func(self->draft.paths, path, g_str_equal, index);
}

static void left_out(TinctureSubjectWork *self, const char *path, const GError *error)
{
    g_autofree char *name = g_filename_display_basename(path);
    if (self->n_faults++ < FAULTS_TOLD) {
        g_string_append_printf(self->faults, "%s%s%s%s", self->faults->len ? "; " : "",
                               strstr(error->message, name) ? "" : name,
                               strstr(error->message, name) ? "" : ": ", error->message);
    }
}

static void tell_faults(TinctureSubjectWork *self)
{
    if (self->n_faults == 0) {
        return;
    }
    const guint more = self->n_faults > FAULTS_TOLD ? self->n_faults - FAULTS_TOLD : 0;
    g_autofree char *rest = more ? g_strdup_printf("; %u more", more) : g_strdup("");
    tincture_project_say(self->project, MESSAGE_ERROR, "Left out: %s%s", self->faults->str, rest);
    g_string_set_size(self->faults, 0);
    self->n_faults = 0;
}

// They may come in another order than they are wanted in.
static void insert(TinctureSubjectWork *self, struct subject_view *view, guint wanted)
{
    guint at = 0;
    for (guint i; at < self->photos->len; at++) {
        const struct subject_view *other = self->photos->pdata[at];
        if (path_index(self, other->path, &i) && i > wanted) {
            break;
        }
    }
    g_ptr_array_insert(self->photos, (gint)at, view);
}

static void read_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureSubjectWork) self = data;
    g_autoptr(GError) error = NULL;
    const struct reading *r = g_task_get_task_data(G_TASK(result));
    struct subject_view *view = g_task_propagate_pointer(G_TASK(result), &error);
    guint at;
    if (g_cancellable_is_cancelled(self->cancel)) { // at the close
        g_clear_pointer(&view, view_free);
        return;
    }
    const bool wanted = path_index(self, r->path, &at);
    if (view && wanted) {
        insert(self, view, at);
    } else if (view) {
        view_free(view);
    } else if (wanted) {
        left_out(self, r->path, error);
        g_ptr_array_remove_index(self->draft.paths, at);
    }
    if (--self->reading == 0) {
        tell_faults(self);
    }
    edited(self);
}

static void read_photo(TinctureSubjectWork *self, const char *path)
{
    struct reading *r = g_new0(struct reading, 1);
    r->path = g_strdup(path);
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, self->cancel, read_cb, g_object_ref(self));
    g_task_set_task_data(task, r, reading_free);
    self->reading++;
    g_task_run_in_thread(task, reading_thread);
}

void tincture_subject_work_add(TinctureSubjectWork *self, const char *const *paths)
{
    for (int i = 0; paths[i]; i++) {
        g_autofree char *path = g_canonicalize_filename(paths[i], NULL);
        if (!path_index(self, path, NULL)) {
            read_photo(self, path);
            g_ptr_array_add(self->draft.paths, g_steal_pointer(&path));
        }
    }
    edited(self);
}

void tincture_subject_work_remove(TinctureSubjectWork *self, guint photo)
{
    guint at;
    g_return_if_fail(photo < self->photos->len);
    if (path_index(self, ((struct subject_view *)self->photos->pdata[photo])->path, &at)) {
        g_ptr_array_remove_index(self->draft.paths, at);
    }
    g_ptr_array_remove_index(self->photos, photo);
    edited(self);
}

// ---- word, class, settings ----------------------------------------------------------------------

static void set_text(TinctureSubjectWork *self, char **text, const char *value)
{
    char *plain = plain_text(value, TEXT_NAME);
    if (g_str_equal(g_strstrip(plain), *text)) {
        g_free(plain);
        return;
    }
    g_free(*text);
    *text = plain;
    edited(self);
}

void tincture_subject_work_set_word(TinctureSubjectWork *self, const char *word)
{
    set_text(self, &self->draft.word, word);
}

void tincture_subject_work_set_kind(TinctureSubjectWork *self, const char *kind)
{
    set_text(self, &self->draft.kind, kind);
}

void tincture_subject_work_set(TinctureSubjectWork *self, const char *key, double value)
{
    struct settings *owner;
    const struct setting *row = settings_find(self->draft.learn, key, &owner);
    if (row && settings_get(owner, key) != value && settings_set(owner, key, value, NULL)) {
        edited(self);
    }
}

static char *sentence_of(const struct subject_draft *d)
{
    return subject_caption(*d->word ? d->word : SUGGESTED, *d->kind ? d->kind : "dog");
}

char *tincture_subject_work_sentence(TinctureSubjectWork *self)
{
    return sentence_of(&self->draft);
}

static bool is_one_word(const char *text)
{
    for (const char *p = text; *p; p = g_utf8_next_char(p)) {
        if (g_unichar_isspace(g_utf8_get_char(p))) {
            return false;
        }
    }
    return *text != '\0';
}

char *tincture_subject_work_word_fault(TinctureSubjectWork *self, const struct model *m)
{
    const char *word = self->draft.word;
    if (!is_one_word(word)) {
        return g_strdup("The subject needs a word of its own without spaces, such as " SUGGESTED);
    }
    if (m && model_reads_as_word(m, word)) {
        return g_strdup_printf("“%s” is a word of this model already; choose one that is not, such "
                               "as <%s>",
                               word, word);
    }
    if (g_ptr_array_find_with_equal_func(self->project->tokens, word, g_str_equal, NULL)) {
        return g_strdup_printf("“%s” is a learned token already; choose another word", word);
    }
    return NULL;
}

// ---- learning -----------------------------------------------------------------------------------

static char *missing(TinctureSubjectWork *self, const struct model *m)
{
    if (!self->library->store) {
        return g_strdup("The library could not be opened, so nothing can be learned");
    }
    if (tincture_queue_find(self->queue, &learn_job) ||
        tincture_queue_find(self->queue, &subject_job)) {
        return g_strdup("A training is running already");
    }
    if (self->reading > 0) {
        return g_strdup("The photos are still being read; try again when they are there");
    }
    if (self->photos->len == 0) {
        return g_strdup("Add photos of the subject first: three to five, from different sides");
    }
    if (!*self->draft.kind) {
        return g_strdup("Say what the subject is, in a word that the model knows, such as dog");
    }
    return tincture_subject_work_word_fault(self, m);
}

static bool is_possible(TinctureSubjectWork *self, const struct model *m)
{
    g_autofree char *fault = missing(self, m);
    g_autoptr(GError) error = NULL;
    if (fault) {
        say(self, fault);
        return false;
    }
    const bool taken = store_training_begin(self->library->store, &error);
    tincture_project_say_error(self->project, "The subject cannot be learned now", error);
    return taken;
}

static void add_strip(TinctureSubjectWork *self, const char *title)
{
    struct subject_strip *s = g_new0(struct subject_strip, 1);
    s->title = g_strdup(title);
    s->samples = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_array_set_clear_func(s->samples, (GDestroyNotify)picture_clear);
    g_ptr_array_add(self->strips, s);
}

// NULL-terminated; the first strip is of the first photo.
static char **begin_strips(TinctureSubjectWork *self)
{
    static const char *const scenes[] = {"on a beach", "in the snow"};
    g_autofree char *sentence = sentence_of(&self->run.draft);
    char **prompts = g_new0(char *, G_N_ELEMENTS(scenes) + 1);
    g_ptr_array_set_size(self->strips, 0);
    self->next_strip = 0;
    add_strip(self, "The first photo, drawn again");
    for (size_t i = 0; i < G_N_ELEMENTS(scenes); i++) {
        prompts[i] = g_strdup_printf("%s %s", sentence, scenes[i]);
        add_strip(self, prompts[i]);
    }
    return prompts;
}

static char *name_of(const struct subject_draft *d)
{
    return g_strdelimit(g_strdup_printf("%s %s", d->word, d->kind), G_DIR_SEPARATOR_S, '_');
}

static void start(TinctureSubjectWork *self, bool resume)
{
    const struct subject_draft *d = &self->run.draft;
    struct document document;
    document_init(&document);
    settings_assign(document.learn, d->learn);
    document.learn_seed = d->seed;
    g_autofree char *name = name_of(d);
    g_autofree char *path = library_new_file(self->library, FOLDER, name);
    g_autofree char *checkpoint = store_own_path(self->library->store, self->run.checkpoint);
    g_auto(GStrv) prompts = begin_strips(self);
    g_autoptr(GPtrArray) files = g_ptr_array_new();
    for (guint i = 0; i < d->paths->len; i++) {
        g_ptr_array_add(files, d->paths->pdata[i]);
    }
    g_ptr_array_add(files, NULL);
    const struct job_inputs in = {.document = &document,
                                  .files = (const char *const *)files->pdata,
                                  .token = d->word,
                                  .kind = d->kind,
                                  .prompts = (const char *const *)prompts,
                                  .title = name,
                                  .path = path,
                                  .source = checkpoint,
                                  .resume = resume};
    self->running = true;
    tincture_queue_submit(self->queue, tincture_job_new(&subject_job, &in));
    document_clear(&document);
    save_now(self);
    changed(self);
}

bool tincture_subject_work_learn(TinctureSubjectWork *self, const struct model *m)
{
    if (!is_possible(self, m)) {
        return false;
    }
    if (self->run.checkpoint) {
        run_clear(&self->waiting);
        self->waiting = self->run;
    } else {
        run_clear(&self->run);
    }
    g_autofree char *uuid = g_uuid_string_random();
    run_init(&self->run);
    subject_draft_clear(&self->run.draft);
    subject_draft_copy(&self->draft, &self->run.draft);
    self->run.checkpoint = g_strdup_printf("runs/subject-%s" SUFFIX, uuid);
    self->run.steps = settings_int(self->draft.learn, "steps");
    start(self, false);
    return true;
}

// With what it was begun with, whatever has been changed since.
bool tincture_subject_work_resume(TinctureSubjectWork *self)
{
    g_autoptr(GError) error = NULL;
    if (!tincture_subject_work_waits(self)) {
        return false;
    }
    const bool taken = tincture_queue_find(self->queue, &learn_job) == NULL &&
                       store_training_begin(self->library->store, &error);
    tincture_project_say_error(self->project, "The subject cannot be learned now", error);
    if (taken) {
        start(self, true);
    }
    return taken;
}

// With its first checkpoint it takes the place of the one that waited.
static void replace_waiting(TinctureSubjectWork *self)
{
    if (self->waiting.checkpoint && has_checkpoint(self, &self->run)) {
        run_end(self, &self->waiting);
        save_now(self);
    }
}

void tincture_subject_work_stepped(TinctureSubjectWork *self, struct job_report *report)
{
    if (report->sample.rgba && self->strips->len > 0) {
        const struct subject_strip *strip = self->strips->pdata[self->next_strip];
        const struct picture sample = picture_take(&report->sample);
        g_array_append_val(strip->samples, sample);
        self->next_strip = (self->next_strip + 1) % self->strips->len;
    }
    if (report->trained) {
        training_note_loss(self->run.loss, &report->training);
        self->run.step = report->training.step;
        replace_waiting(self);
        if (!self->save_timer) {
            self->save_timer = g_timeout_add(SAVE_PAUSE_MS, save_cb, self);
        }
    }
    changed(self);
}

static void stopped(TinctureSubjectWork *self)
{
    replace_waiting(self);
    if (!has_checkpoint(self, &self->run)) { // it ended before there was anything to go on from
        g_clear_pointer(&self->run.checkpoint, g_free);
        if (self->waiting.checkpoint) {
            const struct subject_run waited = self->waiting;
            self->waiting = self->run;
            self->run = waited;
        }
    }
}

static void succeeded(TinctureSubjectWork *self, TinctureJob *job)
{
    g_autofree char *sentence = sentence_of(&self->run.draft);
    const bool open = self->project->photo != NULL;
    run_end(self, &self->run);
    run_end(self, &self->waiting);
    if (open) {
        tincture_subject_work_use(self, job->in.path);
    }
    tincture_project_say(self->project, MESSAGE_INFO,
                         open ? "Learned the subject: call it “%s”"
                              : "Learned the subject: open a photo, use it there, and call it “%s”",
                         sentence);
}

void tincture_subject_work_ended(TinctureSubjectWork *self, TinctureJob *job)
{
    self->running = false;
    if (job->error) {
        stopped(self);
    } else {
        succeeded(self, job);
    }
    store_training_end(self->library->store);
    save_now(self);
    changed(self);
}

// ---- what was learned ---------------------------------------------------------------------------

GPtrArray *tincture_subject_work_known(TinctureSubjectWork *self)
{
    return library_files(self->library, FOLDER);
}

// "<rex>" of "/library/subjects/<rex> dog.safetensors"; NULL: it is in another folder.
static char *word_of(TinctureSubjectWork *self, const char *path)
{
    g_autofree char *folder = store_path(self->library->store, FOLDER);
    g_autofree char *its = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    const char *space = strchr(name, ' ');
    return space && g_str_equal(folder, its) ? g_strndup(name, (gsize)(space - name)) : NULL;
}

char *tincture_subject_work_same_word(TinctureSubjectWork *self)
{
    g_autoptr(GPtrArray) known = tincture_subject_work_known(self);
    for (guint i = 0; i < known->len; i++) {
        const struct library_file *k = known->pdata[i];
        g_autofree char *word = word_of(self, k->path);
        if (g_strcmp0(word, self->draft.word) == 0) {
            return g_strdup(k->name);
        }
    }
    return NULL;
}

void tincture_subject_work_use(TinctureSubjectWork *self, const char *path)
{
    TinctureProject *p = self->project;
    g_autofree char *word = word_of(self, path);
    g_autofree char *file = g_filename_display_basename(path);
    g_autofree char *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
    bool there = false;
    for (guint i = 0; i < tincture_project_n_adapters(p); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(p, i);
        g_autofree char *other = word_of(self, entry->path);
        if (g_str_equal(entry->path, path)) {
            there = true;
            tincture_project_adapter_set_enabled(p, entry->id, true);
        } else if (g_strcmp0(other, word) == 0 && word) {
            tincture_project_adapter_set_enabled(p, entry->id, false);
        }
    }
    if (!there) {
        library_use_adapter(self->library, path, name);
    }
}

// ---- life ---------------------------------------------------------------------------------------

// Photos that are gone by now are told of as any that cannot be read.
void tincture_subject_work_load(TinctureSubjectWork *self)
{
    if (self->loaded || !self->library->store) {
        return;
    }
    self->loaded = true;
    g_autoptr(GError) error = NULL, unread = NULL;
    subject_draft_use_model(&self->draft, self->library->model, &unread);
    tincture_project_say_error(self->project, "The model's own settings are not used", unread);
    g_autofree char *path = store_path(self->library->store, DRAFT_FILE);
    g_autoptr(JsonNode) root = g_file_test(path, G_FILE_TEST_EXISTS)
                                   ? json_file_read(path, JSON_NODE_OBJECT, DRAFT_FILE, &error)
                                   : NULL;
    tincture_project_say_error(self->project, "What was put in before could not be read", error);
    if (!root) {
        tincture_subject_work_set_word(self, SUGGESTED);
        return;
    }
    JsonNode *run = json_object_get_member(json_node_get_object(root), "run");
    subject_draft_read_json(&self->draft, json_node_get_object(root));
    if (run && JSON_NODE_HOLDS_OBJECT(run)) {
        read_run(&self->run, json_node_get_object(run));
    }
    if (!has_checkpoint(self, &self->run)) {
        g_clear_pointer(&self->run.checkpoint, g_free);
    }
    for (guint i = 0; i < self->draft.paths->len; i++) {
        read_photo(self, self->draft.paths->pdata[i]);
    }
    changed(self);
}

void tincture_subject_work_leave(TinctureSubjectWork *self)
{
    g_cancellable_cancel(self->cancel);
    if (self->running) {
        self->running = false;
        stopped(self);
        store_training_end(self->library->store);
    }
    save_now(self);
}

static void tincture_subject_work_finalize(GObject *object)
{
    TinctureSubjectWork *self = TINCTURE_SUBJECT_WORK(object);
    g_clear_handle_id(&self->save_timer, g_source_remove);
    subject_draft_clear(&self->draft);
    run_clear(&self->run);
    run_clear(&self->waiting);
    g_ptr_array_unref(self->photos);
    g_ptr_array_unref(self->strips);
    g_string_free(self->faults, TRUE);
    g_object_unref(self->cancel);
    G_OBJECT_CLASS(tincture_subject_work_parent_class)->finalize(object);
}

static void tincture_subject_work_class_init(TinctureSubjectWorkClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_subject_work_finalize;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_subject_work_init(TinctureSubjectWork *self)
{
    subject_draft_init(&self->draft);
    run_init(&self->run);
    run_init(&self->waiting);
    self->photos = g_ptr_array_new_with_free_func(view_free);
    self->strips = g_ptr_array_new_with_free_func(strip_free);
    self->faults = g_string_new(NULL);
    self->cancel = g_cancellable_new();
}

TinctureSubjectWork *tincture_subject_work_new(TinctureProject *project, TinctureQueue *queue,
                                               struct library *library)
{
    TinctureSubjectWork *self = g_object_new(TINCTURE_TYPE_SUBJECT_WORK, NULL);
    self->project = project;
    self->queue = queue;
    self->library = library;
    return self;
}
