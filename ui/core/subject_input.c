#include "ui/core/subject_work_private.h"

#include "compute/i18n.h"
#include "compute/model/embedding.h"
#include "ui/core/plain_text.h"
#include "ui/core/subject.h"

#include <string.h>

#define TELL_PAUSE_MS 200 // between two times that a training's curve is shown

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureSubjectWork, tincture_subject_work, G_TYPE_OBJECT)

void subject_work_changed(TinctureSubjectWork *self)
{
    g_clear_handle_id(&self->tell_timer, g_source_remove);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static gboolean tell_cb(gpointer data)
{
    TinctureSubjectWork *self = data;
    self->tell_timer = 0;
    subject_work_changed(self);
    return G_SOURCE_REMOVE;
}

void subject_work_changed_soon(TinctureSubjectWork *self)
{
    if (!self->tell_timer) {
        self->tell_timer = g_timeout_add(TELL_PAUSE_MS, tell_cb, self);
    }
}

void subject_work_edited(TinctureSubjectWork *self)
{
    subject_work_save_soon(self);
    subject_work_changed(self);
}

static struct subject_entry *entry_of(TinctureSubjectWork *self, guint subject)
{
    return subject_draft_at(&self->draft, subject);
}

// ---- words --------------------------------------------------------------------------------------

static bool is_drafted(TinctureSubjectWork *self, const char *word, guint but)
{
    for (guint i = 0; i < self->draft.subjects->len; i++) {
        if (i != but && g_str_equal(entry_of(self, i)->word, word)) {
            return true;
        }
    }
    return false;
}

static bool is_token(TinctureSubjectWork *self, const char *word)
{
    return g_ptr_array_find_with_equal_func(self->project->tokens, word, g_str_equal, NULL);
}

// Nobody's yet.
static const char *suggest_word(TinctureSubjectWork *self)
{
    static const char *const words[] = {"<rex>", "<mia>", "<tom>", "<zoe>", "<max>",
                                        "<ivy>", "<sam>", "<eva>", "<ben>", "<lou>"};
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *known = subject_known_by(self, words[i]);
        if (!known && !is_token(self, words[i]) && !is_drafted(self, words[i], G_MAXUINT)) {
            return words[i];
        }
    }
    return "";
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

char *tincture_subject_work_word_fault(TinctureSubjectWork *self, guint subject,
                                       const struct model *m)
{
    const char *word = entry_of(self, subject)->word;
    if (!is_one_word(word)) {
        return g_strdup(
            _("The subject needs a word of its own without spaces, such as <rex> or <mia>"));
    }
    if (m && model_reads_as_word(m, word)) {
        return g_strdup_printf(
            _("“%s” is a word of this model already; choose one that is not, such "
              "as <%s>"),
            word, word);
    }
    if (is_token(self, word)) {
        return g_strdup_printf(_("“%s” is a learned token already; choose another word"), word);
    }
    if (is_drafted(self, word, subject)) {
        return g_strdup_printf(_("Two subjects would both be called “%s”; give one of them another "
                                 "word"),
                               word);
    }
    return NULL;
}

char *tincture_subject_work_same_word(TinctureSubjectWork *self, guint subject)
{
    return subject_known_by(self, entry_of(self, subject)->word);
}

char *subject_entry_sentence(const struct subject_entry *e)
{
    return subject_caption(*e->word ? e->word : "<rex>", *e->kind ? e->kind : "dog");
}

char *tincture_subject_work_sentence(TinctureSubjectWork *self, guint subject)
{
    return subject_entry_sentence(entry_of(self, subject));
}

// ---- changes ------------------------------------------------------------------------------------

void tincture_subject_work_add_subject(TinctureSubjectWork *self)
{
    const guint at = self->draft.subjects->len;
    if (at < self->lesson->most) {
        const char *word = suggest_word(self);
        subject_draft_insert(&self->draft, at, NULL);
        tincture_subject_work_set_word(self, at, word);
        subject_work_edited(self);
    }
}

static void set_text(TinctureSubjectWork *self, char **text, const char *value)
{
    char *plain = plain_text(value, TEXT_NAME);
    if (g_str_equal(g_strstrip(plain), *text)) {
        g_free(plain);
        return;
    }
    g_free(*text);
    *text = plain;
    subject_work_edited(self);
}

void tincture_subject_work_set_word(TinctureSubjectWork *self, guint subject, const char *word)
{
    set_text(self, &entry_of(self, subject)->word, word);
}

void tincture_subject_work_set_kind(TinctureSubjectWork *self, guint subject, const char *kind)
{
    set_text(self, &entry_of(self, subject)->kind, kind);
}

void tincture_subject_work_set_own_prompt(TinctureSubjectWork *self, const char *prompt)
{
    char *plain = g_strstrip(plain_sentence(prompt));
    if (!g_str_equal(plain, self->draft.own_prompt)) {
        g_free(self->draft.own_prompt);
        self->draft.own_prompt = g_steal_pointer(&plain);
        subject_work_edited(self);
    }
    g_free(plain);
}

void tincture_subject_work_set(TinctureSubjectWork *self, const char *key, double value)
{
    struct settings *owner;
    const struct setting *row = settings_find(self->draft.learn, key, &owner);
    if (row && settings_get(owner, key) != value && settings_set(owner, key, value, NULL)) {
        subject_work_edited(self);
    }
}

bool tincture_subject_work_needs_masks(TinctureSubjectWork *self)
{
    return subject_mixes_segments(settings_member(self->draft.learn, "objective"));
}

// ---- life ---------------------------------------------------------------------------------------

// Before what is kept is read, for what it leaves out; and after it, which may be of another model.
static void use_model(TinctureSubjectWork *self)
{
    g_autoptr(GError) unread = NULL;
    subject_draft_use_model(&self->draft, self->library->model, &unread);
    tincture_project_say_error(self->project, _("The model's own settings are not used"), unread);
}

void tincture_subject_work_use_model(TinctureSubjectWork *self)
{
    if (self->loaded) {
        use_model(self);
        subject_work_edited(self);
    }
}

// Photos that are gone by now are told of as any that cannot be read.
void tincture_subject_work_load(TinctureSubjectWork *self)
{
    if (self->loaded || !self->library->store) {
        return;
    }
    self->loaded = true;
    use_model(self);
    if (!subject_work_read(self)) {
        tincture_subject_work_set_word(self, 0, self->lesson->tokens ? suggest_word(self) : "");
        return;
    }
    subject_draft_use_model(&self->draft, self->library->model, NULL);
    for (guint i = 0; i < self->draft.subjects->len; i++) {
        const GPtrArray *shots = entry_of(self, i)->shots;
        for (guint k = 0; k < shots->len; k++) {
            subject_work_read_photo(self, ((struct subject_shot *)shots->pdata[k])->path);
        }
    }
    subject_work_changed(self);
}

void tincture_subject_work_leave(TinctureSubjectWork *self)
{
    g_cancellable_cancel(self->cancel);
    if (self->running) {
        self->running = false;
        subject_run_stopped(self);
        store_training_end(self->library->store);
    }
    subject_work_save_now(self);
}

static void tincture_subject_work_finalize(GObject *object)
{
    TinctureSubjectWork *self = TINCTURE_SUBJECT_WORK(object);
    g_clear_handle_id(&self->save_timer, g_source_remove);
    g_clear_handle_id(&self->tell_timer, g_source_remove);
    subject_draft_clear(&self->draft);
    subject_run_clear(&self->run);
    subject_run_clear(&self->waiting);
    g_hash_table_unref(self->views);
    g_ptr_array_unref(self->removed);
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
    self->views = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, subject_view_free);
    self->removed = g_ptr_array_new_with_free_func(subject_removed_free);
    self->strips = g_ptr_array_new_with_free_func(subject_strip_free);
    self->faults = g_string_new(NULL);
    self->cancel = g_cancellable_new();
}

TinctureSubjectWork *tincture_subject_work_new(const struct lesson *lesson, TinctureQueue *queue)
{
    TinctureSubjectWork *self = g_object_new(TINCTURE_TYPE_SUBJECT_WORK, NULL);
    self->lesson = lesson;
    subject_draft_init(&self->draft, lesson);
    subject_run_init(&self->run, lesson);
    subject_run_init(&self->waiting, lesson);
    self->queue = queue;
    return self;
}

void tincture_subject_work_attend(TinctureSubjectWork *self, TinctureProject *project,
                                  struct library *library)
{
    self->project = project;
    self->library = library;
}
