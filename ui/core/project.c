#include "ui/core/project.h"

#include "compute/edit/preset.h"
#include "compute/i18n.h"

#include "ui/core/engine.h"
#include "ui/core/plain_text.h"

enum {
    SIGNAL_DOCUMENT,
    SIGNAL_VIEW,
    SIGNAL_MESSAGE,
    SIGNAL_UNSAVED,
    SIGNAL_STALE,
    SIGNAL_LIBRARY,
    SIGNAL_MEASURED,
    N_SIGNALS,
};
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureProject, tincture_project, G_TYPE_OBJECT)

// ---- telling ------------------------------------------------------------------------------------

struct message {
    enum message_kind kind;
    char *text;
};

static void message_free(gpointer data)
{
    struct message *m = data;
    g_free(m->text);
    g_free(m);
}

// In the order in which they were said, also those before anybody listened.
static void say_all(TinctureProject *self)
{
    struct message *m;
    while ((m = g_queue_pop_head(&self->unsaid))) {
        g_signal_emit(self, signals[SIGNAL_MESSAGE], 0, (int)m->kind, m->text);
        message_free(m);
    }
}

static gboolean say_cb(gpointer data)
{
    say_all(data);
    return G_SOURCE_REMOVE;
}

void tincture_project_say(TinctureProject *self, enum message_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *text = plain_text(raw, TEXT_MESSAGE);
    struct message *m = g_new(struct message, 1);
    *m = (struct message){kind, g_steal_pointer(&text)};
    g_queue_push_tail(&self->unsaid, m);
    if (g_signal_has_handler_pending(self, signals[SIGNAL_MESSAGE], 0, FALSE)) {
        say_all(self);
    } else {
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, say_cb, g_object_ref(self), g_object_unref);
    }
}

void tincture_project_say_error(TinctureProject *self, const char *what, const GError *error)
{
    if (error && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        tincture_project_say(self, MESSAGE_ERROR, "%s: %s", what, error->message);
    }
}

void tincture_project_changed(TinctureProject *self, unsigned parts)
{
    if (parts) {
        g_signal_emit(self, signals[SIGNAL_DOCUMENT], 0, parts);
    }
}

void tincture_project_view_changed(TinctureProject *self)
{
    g_signal_emit(self, signals[SIGNAL_VIEW], 0);
}

void tincture_project_stale(TinctureProject *self)
{
    g_signal_emit(self, signals[SIGNAL_STALE], 0);
}

void tincture_project_library_changed(TinctureProject *self)
{
    g_signal_emit(self, signals[SIGNAL_LIBRARY], 0);
}

void tincture_project_library_measured(TinctureProject *self)
{
    g_signal_emit(self, signals[SIGNAL_MEASURED], 0);
}

// ---- the list of adapters -----------------------------------------------------------------------

TinctureAdapterEntry *tincture_project_find_adapter(TinctureProject *self, gint64 id)
{
    for (guint i = 0; i < self->known->len; i++) {
        TinctureAdapterEntry *entry = self->known->pdata[i];
        if (entry->id == id) {
            return entry;
        }
    }
    return NULL;
}

// Items that are there already stay the same; the list says what changed in it, not their values.
static void refresh_adapters(TinctureProject *self)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (guint i = 0; i < self->document.adapters->len; i++) {
        const struct document_use *use =
            &g_array_index(self->document.adapters, struct document_use, i);
        TinctureAdapterEntry *entry = tincture_project_find_adapter(self, use->id);
        if (entry) {
            entry->scale = use->scale;
            entry->enabled = use->enabled;
            entry->from = use->from;
            entry->to = use->to;
            g_ptr_array_add(list, entry);
        }
    }
    guint same = 0, had = tincture_project_n_adapters(self);
    while (same < MIN(had, list->len) &&
           tincture_project_adapter(self, same) == list->pdata[same]) {
        same++;
    }
    if (same < MAX(had, list->len)) {
        g_list_store_splice(self->adapters, same, had - same, list->pdata + same, list->len - same);
    }
}

static struct document_use *find_use(TinctureProject *self, gint64 id)
{
    for (guint i = 0; i < self->document.adapters->len; i++) {
        struct document_use *use = &g_array_index(self->document.adapters, struct document_use, i);
        if (use->id == id) {
            return use;
        }
    }
    return NULL;
}

void tincture_project_add_adapter(TinctureProject *self, TinctureAdapterEntry *entry)
{
    g_ptr_array_add(self->known, entry);
}

void tincture_project_use_adapter(TinctureProject *self, gint64 id)
{
    struct document_use use = {.id = id, .scale = 1.0, .enabled = true};
    g_array_append_val(self->document.adapters, use);
}

void tincture_project_forget_adapter(TinctureProject *self, gint64 id)
{
    document_forget_adapter(&self->document, id);
    history_forget_adapter(self->history, id);
    tincture_project_shown(self, DOCUMENT_ADAPTERS);
}

TinctureAdapterEntry *tincture_project_take_adapter(TinctureProject *self, gint64 id)
{
    TinctureAdapterEntry *entry = tincture_project_find_adapter(self, id);
    if (entry) {
        g_object_ref(entry);
        tincture_project_forget_adapter(self, id);
        g_ptr_array_remove(self->known, entry);
    }
    return entry;
}

// Files of the user's stay on.
void tincture_project_switch_off_trained(TinctureProject *self)
{
    for (guint i = 0; i < self->document.adapters->len; i++) {
        struct document_use *use = &g_array_index(self->document.adapters, struct document_use, i);
        const TinctureAdapterEntry *entry = tincture_project_find_adapter(self, use->id);
        if (entry && !g_path_is_absolute(entry->path)) {
            use->enabled = false;
        }
    }
}

const TinctureAdapterEntry *tincture_project_outdated(TinctureProject *self)
{
    const TinctureAdapterEntry *outdated = NULL;
    g_autofree char *now = g_strstrip(g_strdup(self->document.source_prompt));
    for (guint i = 0; i < tincture_project_n_adapters(self); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(self, i);
        if (!entry->enabled || !entry->caption || g_path_is_absolute(entry->path)) {
            continue;
        }
        g_autofree char *then = g_strstrip(g_strdup(entry->caption));
        if (g_str_equal(then, now)) {
            return NULL;
        }
        outdated = entry;
    }
    return outdated;
}

GArray *tincture_project_uses(TinctureProject *self)
{
    GArray *uses = engine_adapters_new();
    for (guint i = 0; i < tincture_project_n_adapters(self); i++) {
        const TinctureAdapterEntry *entry = tincture_project_adapter(self, i);
        if (!entry->failed) {
            struct engine_adapter use = {g_strdup(entry->file), entry->scale, entry->enabled,
                                         entry->from, entry->to};
            g_array_append_val(uses, use);
        }
    }
    return uses;
}

// ---- reading ------------------------------------------------------------------------------------

struct picture tincture_project_view(TinctureProject *self)
{
    if (self->drawing && self->preview.rgba) {
        return self->preview;
    }
    return self->after.rgba ? self->after : self->before;
}

bool tincture_project_modified(TinctureProject *self)
{
    return self->photo && !self->exported;
}

// The store keeps what the item that is returned borrows.
static gpointer borrow(GListStore *list, guint i)
{
    g_autoptr(GObject) item = g_list_model_get_item(G_LIST_MODEL(list), i);
    return item;
}

TinctureAdapterEntry *tincture_project_adapter(TinctureProject *self, guint i)
{
    return borrow(self->adapters, i);
}

TinctureResultEntry *tincture_project_result(TinctureProject *self, guint i)
{
    return borrow(self->results, i);
}

guint tincture_project_n_adapters(TinctureProject *self)
{
    return g_list_model_get_n_items(G_LIST_MODEL(self->adapters));
}

guint tincture_project_n_results(TinctureProject *self)
{
    return g_list_model_get_n_items(G_LIST_MODEL(self->results));
}

TinctureResultEntry *tincture_project_find_result(TinctureProject *self, gint64 id)
{
    for (guint i = 0; i < tincture_project_n_results(self); i++) {
        TinctureResultEntry *entry = tincture_project_result(self, i);
        if (entry->id == id) {
            return entry;
        }
    }
    return NULL;
}

TinctureResultEntry *tincture_project_result_of(TinctureProject *self, const char *key)
{
    for (guint i = 0; i < tincture_project_n_results(self); i++) {
        TinctureResultEntry *entry = tincture_project_result(self, i);
        if (g_strcmp0(entry->key, key) == 0) {
            return entry;
        }
    }
    return NULL;
}

// ---- changing -----------------------------------------------------------------------------------

// Tags of changes that come in quick succession: each field merges with itself.
enum {
    TAG_SOURCE = 1,
    TAG_PROMPT,
    TAG_NEGATIVE,
    TAG_SEED,
    TAG_LEAD,
    TAG_ADAPTER = 1000,
    TAG_ADAPTER_RANGE = 1 << 29,
    TAG_SETTING = 1 << 30 // and the hash of its key
};

void tincture_project_shown(TinctureProject *self, unsigned parts)
{
    if (parts & DOCUMENT_ADAPTERS) {
        refresh_adapters(self);
    }
    g_signal_emit(self, signals[SIGNAL_UNSAVED], 0);
    tincture_project_changed(self, parts | DOCUMENT_UNDO);
}

void tincture_project_edited(TinctureProject *self, unsigned parts, unsigned tag)
{
    history_push(self->history, &self->document, tag);
    tincture_project_shown(self, parts);
}

// A longer one is told of, and shown as it is kept.
static void say_cut(TinctureProject *self)
{
    tincture_project_say(self, MESSAGE_INFO,
                         _("A sentence ends after %d characters: the rest is left out"),
                         TEXT_SENTENCE);
    tincture_project_changed(self, DOCUMENT_PROMPTS);
}

static bool replace_text(TinctureProject *self, char **text, const char *value)
{
    g_autofree char *kept = plain_sentence(value);
    const bool same = g_str_equal(*text, kept);
    if (!same) {
        g_free(*text);
        *text = g_steal_pointer(&kept);
    }
    if (g_utf8_strlen(value, 4 * (TEXT_SENTENCE + 1)) > TEXT_SENTENCE) {
        say_cut(self);
    }
    return !same;
}

// What is to be changed decides how, until a person decides otherwise; a new beginning forgets
// that. Bits of enum document_part.
static unsigned follow_sentence(TinctureProject *self)
{
    struct document *d = &self->document;
    const struct edit_preset *preset = edit_preset_suggest(d->source_prompt, d->prompt);
    if (!preset) {
        d->by_hand = false;
        return 0;
    }
    if (d->by_hand || preset == edit_preset_of(d->edit, self->presets)) {
        return 0;
    }
    edit_preset_use(d->edit, preset->name, self->presets, NULL);
    return DOCUMENT_PARAMS;
}

void tincture_project_set_source_prompt(TinctureProject *self, const char *text)
{
    if (replace_text(self, &self->document.source_prompt, text)) {
        tincture_project_edited(self, DOCUMENT_PROMPTS | follow_sentence(self), TAG_SOURCE);
        if (*self->document.prompt || !*text) { // with neither the photo is shown again
            tincture_project_stale(self);
        }
    }
}

void tincture_project_set_prompt(TinctureProject *self, const char *text)
{
    if (replace_text(self, &self->document.prompt, text)) {
        tincture_project_edited(self, DOCUMENT_PROMPTS | follow_sentence(self), TAG_PROMPT);
        tincture_project_stale(self);
    }
}

void tincture_project_set_negative(TinctureProject *self, const char *text)
{
    if (replace_text(self, &self->document.negative, text)) {
        tincture_project_edited(self, DOCUMENT_PROMPTS, TAG_NEGATIVE);
        tincture_project_stale(self);
    }
}

void tincture_project_set(TinctureProject *self, enum document_settings which, const char *key,
                          double value)
{
    struct settings *s = document_settings(&self->document, which);
    const double before = settings_get(s, key);
    if (!settings_set(s, key, value, NULL) || value == before) {
        return;
    }
    if (which == SETTINGS_EDIT && edit_preset_sets(key)) {
        self->document.by_hand = true;
    }
    tincture_project_edited(self, DOCUMENT_PARAMS, TAG_SETTING + g_str_hash(key) % TAG_SETTING);
    if (which == SETTINGS_EDIT) {
        tincture_project_stale(self);
    }
}

void tincture_project_use_preset(TinctureProject *self, const char *preset)
{
    const struct edit_preset *before = edit_preset_of(self->document.edit, self->presets);
    g_autoptr(GError) error = NULL;
    if (before && g_str_equal(before->name, preset)) {
        self->document.by_hand = true;
        return;
    }
    if (!edit_preset_use(self->document.edit, preset, self->presets, &error)) {
        tincture_project_say_error(self, _("This preset cannot be used"), error);
        return;
    }
    self->document.by_hand = true;
    tincture_project_edited(self, DOCUMENT_PARAMS, 0);
    tincture_project_stale(self);
}

void tincture_project_set_seed(TinctureProject *self, uint64_t seed)
{
    if (self->document.seed != seed) {
        self->document.seed = seed;
        tincture_project_edited(self, DOCUMENT_PARAMS, TAG_SEED);
        tincture_project_stale(self);
    }
}

void tincture_project_set_lead(TinctureProject *self, const struct lead *lead)
{
    struct lead *own = &self->document.lead;
    if (!lead_equal(own, lead)) {
        // A slider that moves is one step; another control or hint is one each.
        const bool slides =
            g_strcmp0(own->control, lead->control) == 0 && g_strcmp0(own->hint, lead->hint) == 0;
        struct lead before = *own;
        lead_copy(lead, own);
        lead_clear(&before);
        tincture_project_edited(self, DOCUMENT_PARAMS, slides ? TAG_LEAD : 0);
        tincture_project_stale(self);
    }
}

void tincture_project_roll_seed(TinctureProject *self)
{
    tincture_project_set_seed(self, g_random_int());
}

void tincture_project_set_mask(TinctureProject *self, const struct mask *mask)
{
    if (!mask_equal(self->document.mask, mask)) {
        struct mask *before = self->document.mask;
        self->document.mask = mask_ref(mask);
        mask_unref(before);
        tincture_project_edited(self, DOCUMENT_PLACE, 0);
        tincture_project_stale(self);
    }
}

void tincture_project_set_region(TinctureProject *self, const struct image_region *region)
{
    const struct image_region wanted = region ? *region : (struct image_region){0};
    g_autoptr(GError) error = NULL;
    if (!self->photo || image_region_equal(&self->document.region, &wanted)) {
        return;
    }
    if (region && !photo_check_region(self->photo, region, &error)) {
        tincture_project_say_error(self, _("This part cannot be edited by itself"), error);
        return;
    }
    self->document.region = wanted;
    tincture_project_edited(self, DOCUMENT_PLACE, 0);
    tincture_project_stale(self);
}

void tincture_project_adapter_remove(TinctureProject *self, gint64 id)
{
    if (find_use(self, id)) {
        document_forget_adapter(&self->document, id);
        tincture_project_edited(self, DOCUMENT_ADAPTERS, 0);
        tincture_project_stale(self);
    }
}

void tincture_project_adapter_put_back(TinctureProject *self, gint64 id)
{
    const TinctureAdapterEntry *entry = tincture_project_find_adapter(self, id);
    if (entry && !find_use(self, id)) {
        const struct document_use use = {id, entry->scale, entry->enabled, entry->from, entry->to};
        g_array_append_val(self->document.adapters, use);
        tincture_project_edited(self, DOCUMENT_ADAPTERS, 0);
        tincture_project_stale(self);
    }
}

void tincture_project_adapter_set_scale(TinctureProject *self, gint64 id, double scale)
{
    struct document_use *use = find_use(self, id);
    if (use && use->scale != scale) {
        use->scale = scale;
        tincture_project_edited(self, DOCUMENT_ADAPTERS, TAG_ADAPTER + (unsigned)id);
        tincture_project_stale(self);
    }
}

void tincture_project_adapter_set_range(TinctureProject *self, gint64 id, int from, int to)
{
    struct document_use *use = find_use(self, id);
    struct document_use wanted = use ? *use : (struct document_use){0};
    document_use_set_range(&wanted, from, to);
    if (use && (use->from != wanted.from || use->to != wanted.to)) {
        *use = wanted;
        tincture_project_edited(self, DOCUMENT_ADAPTERS, TAG_ADAPTER_RANGE + (unsigned)id);
        tincture_project_stale(self);
    }
}

void tincture_project_adapter_set_enabled(TinctureProject *self, gint64 id, bool enabled)
{
    struct document_use *use = find_use(self, id);
    if (use && use->enabled != enabled) {
        use->enabled = enabled;
        tincture_project_edited(self, DOCUMENT_ADAPTERS, 0);
        tincture_project_stale(self);
    }
}

static void go_to(TinctureProject *self, const struct document *state)
{
    if (!state) {
        return;
    }
    const unsigned parts = document_diff(&self->document, state);
    document_clear(&self->document);
    document_copy(state, &self->document);
    tincture_project_shown(self, parts);
    tincture_project_stale(self);
}

void tincture_project_undo(TinctureProject *self)
{
    go_to(self, history_undo(self->history));
}

void tincture_project_redo(TinctureProject *self)
{
    go_to(self, history_redo(self->history));
}

// ---- what jobs bring ----------------------------------------------------------------------------

void tincture_project_open(TinctureProject *self, struct photo *photo, struct picture before,
                           const char *title, const struct document *document, GPtrArray *known,
                           struct history *undo)
{
    history_free(self->history);
    self->history = undo ? undo : history_new(document);
    tincture_project_set_result(self, NULL, (struct picture){0});
    photo_unref(self->photo);
    picture_clear(&self->before);
    self->photo = photo ? photo_ref(photo) : NULL;
    self->before = before;
    g_free(self->title);
    self->title = title ? plain_text(title, TEXT_NAME) : NULL;
    self->exported = true;
    document_clear(&self->document);
    document_copy(document, &self->document);
    g_ptr_array_unref(self->known);
    self->known = known;
    refresh_adapters(self);
    tincture_project_clear_training(self);
}

void tincture_project_close(TinctureProject *self)
{
    struct document nothing;
    document_init(&nothing);
    tincture_project_open(self, NULL, (struct picture){0}, NULL, &nothing,
                          g_ptr_array_new_with_free_func(g_object_unref), NULL);
    document_clear(&nothing);
}

void tincture_project_set_result(TinctureProject *self, struct result *result, struct picture after)
{
    tincture_project_end_preview(self);
    closeup_clear(&self->closeup);
    result_unref(self->result);
    picture_clear(&self->after);
    self->result = result ? result_ref(result) : NULL;
    self->after = after;
    if (self->shown_result) {
        self->shown_result = 0;
        tincture_project_changed(self, DOCUMENT_RESULTS);
    }
}

void tincture_project_add_token(TinctureProject *self, const char *token)
{
    if (!g_ptr_array_find_with_equal_func(self->tokens, token, g_str_equal, NULL)) {
        g_ptr_array_add(self->tokens, g_strdup(token));
    }
    tincture_project_changed(self, DOCUMENT_PROMPTS | DOCUMENT_ADAPTERS);
}

void tincture_project_set_controls(TinctureProject *self, GPtrArray *names)
{
    g_ptr_array_unref(self->controls);
    self->controls = names;
    tincture_project_changed(self, DOCUMENT_PARAMS);
}

void tincture_project_set_hint(TinctureProject *self, struct picture hint, const char *fault)
{
    if (!hint.rgba && !self->hint.rgba && g_strcmp0(fault, self->hint_fault) == 0) {
        return; // there was none before
    }
    picture_clear(&self->hint);
    g_free(self->hint_fault);
    self->hint = hint;
    self->hint_fault = g_strdup(fault);
    tincture_project_changed(self, DOCUMENT_PARAMS);
}

void tincture_project_remove_token(TinctureProject *self, const char *token)
{
    guint i;
    if (g_ptr_array_find_with_equal_func(self->tokens, token, g_str_equal, &i)) {
        g_ptr_array_remove_index(self->tokens, i);
        tincture_project_changed(self, DOCUMENT_PROMPTS | DOCUMENT_ADAPTERS);
    }
}

void tincture_project_note_key(TinctureProject *self, gint64 id, const char *key)
{
    TinctureResultEntry *entry = tincture_project_find_result(self, id);
    if (entry) {
        g_free(entry->key);
        entry->key = g_strdup(key);
    }
}

void tincture_project_mark_result(TinctureProject *self, gint64 id, const char *key)
{
    tincture_project_note_key(self, id, key);
    self->shown_result = id;
    tincture_project_changed(self, DOCUMENT_RESULTS);
}

void tincture_project_set_preview(TinctureProject *self, struct picture preview)
{
    closeup_clear(&self->closeup);
    picture_clear(&self->preview);
    self->preview = preview;
    self->drawing = true;
    tincture_project_view_changed(self);
}

void tincture_project_end_preview(TinctureProject *self)
{
    picture_clear(&self->preview);
    self->drawing = false;
}

void tincture_project_set_closeup(TinctureProject *self, struct closeup *closeup)
{
    closeup_clear(&self->closeup);
    self->closeup = *closeup;
    *closeup = (struct closeup){0};
    tincture_project_view_changed(self);
}

void tincture_project_clear_training(TinctureProject *self)
{
    g_array_set_size(self->loss, 0);
    g_array_set_size(self->samples, 0);
    self->best_step = 0;
}

// ---- the object ---------------------------------------------------------------------------------

static void tincture_project_finalize(GObject *object)
{
    TinctureProject *self = TINCTURE_PROJECT(object);
    g_queue_clear_full(&self->unsaid, message_free);
    photo_unref(self->photo);
    g_free(self->title);
    g_free(self->resume_model);
    document_clear(&self->document);
    g_clear_pointer(&self->presets, json_object_unref);
    history_free(self->history);
    g_ptr_array_unref(self->known);
    g_object_unref(self->adapters);
    g_object_unref(self->results);
    result_unref(self->result);
    picture_clear(&self->before);
    picture_clear(&self->after);
    picture_clear(&self->preview);
    closeup_clear(&self->closeup);
    g_ptr_array_unref(self->tokens);
    g_ptr_array_unref(self->controls);
    picture_clear(&self->hint);
    g_free(self->hint_fault);
    g_array_unref(self->loss);
    g_array_unref(self->samples);
    G_OBJECT_CLASS(tincture_project_parent_class)->finalize(object);
}

static void tincture_project_class_init(TinctureProjectClass *class)
{
    const GType type = G_TYPE_FROM_CLASS(class);
    G_OBJECT_CLASS(class)->finalize = tincture_project_finalize;
    signals[SIGNAL_DOCUMENT] = g_signal_new("document-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
    signals[SIGNAL_VIEW] =
        g_signal_new("view-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_MESSAGE] = g_signal_new("message", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 2, G_TYPE_INT, G_TYPE_STRING);
    signals[SIGNAL_UNSAVED] =
        g_signal_new("unsaved", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_STALE] =
        g_signal_new("stale", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_LIBRARY] = g_signal_new("library-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
    signals[SIGNAL_MEASURED] = g_signal_new("library-measured", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                            NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_project_init(TinctureProject *self)
{
    document_init(&self->document);
    self->history = history_new(&self->document);
    self->known = g_ptr_array_new_with_free_func(g_object_unref);
    self->adapters = g_list_store_new(TINCTURE_TYPE_ADAPTER_ENTRY);
    self->results = g_list_store_new(TINCTURE_TYPE_RESULT_ENTRY);
    self->tokens = g_ptr_array_new_with_free_func(g_free);
    self->controls = g_ptr_array_new_with_free_func(g_free);
    self->loss = g_array_new(FALSE, TRUE, sizeof(double));
    self->samples = g_array_new(FALSE, TRUE, sizeof(struct picture));
    g_array_set_clear_func(self->samples, (GDestroyNotify)picture_clear);
}

TinctureProject *tincture_project_new(void)
{
    return g_object_new(TINCTURE_TYPE_PROJECT, NULL);
}
