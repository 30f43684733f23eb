#include "ui/core/catalogue.h"
#include "compute/i18n.h"

#include "ui/core/plain_text.h"

// ---- what is in it ------------------------------------------------------------------------------

enum { PROP_TITLE = 1, N_PROPS };
static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE(TinctureLibraryEntry, tincture_library_entry, G_TYPE_OBJECT)

static void tincture_library_entry_get_property(GObject *object, guint id, GValue *value,
                                                GParamSpec *pspec)
{
    g_value_set_string(value, TINCTURE_LIBRARY_ENTRY(object)->title);
}

static void tincture_library_entry_finalize(GObject *object)
{
    TinctureLibraryEntry *self = TINCTURE_LIBRARY_ENTRY(object);
    g_free(self->title);
    g_free(self->origin);
    g_free(self->photo);
    g_free(self->caption);
    G_OBJECT_CLASS(tincture_library_entry_parent_class)->finalize(object);
}

static void tincture_library_entry_class_init(TinctureLibraryEntryClass *class)
{
    G_OBJECT_CLASS(class)->get_property = tincture_library_entry_get_property;
    G_OBJECT_CLASS(class)->finalize = tincture_library_entry_finalize;
    properties[PROP_TITLE] =
        g_param_spec_string("title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
    g_object_class_install_properties(G_OBJECT_CLASS(class), N_PROPS, properties);
}

static void tincture_library_entry_init(TinctureLibraryEntry *self)
{
}

TinctureLibraryEntry *tincture_library_entry_new(const char *title, const char *photo,
                                                 const char *caption)
{
    TinctureLibraryEntry *self = g_object_new(TINCTURE_TYPE_LIBRARY_ENTRY, NULL);
    self->title = g_strdup(title);
    self->photo = g_strdup(photo);
    self->caption = g_strdup(caption);
    return self;
}

static bool same(const TinctureLibraryEntry *a, const TinctureLibraryEntry *b)
{
    return a->kind == b->kind && a->id == b->id && a->when == b->when && a->results == b->results &&
           a->open == b->open && a->missing == b->missing && a->in_trash == b->in_trash &&
           g_str_equal(a->title, b->title) && g_strcmp0(a->origin, b->origin) == 0;
}

// ---- documents ----------------------------------------------------------------------------------

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureCatalogue, tincture_catalogue, G_TYPE_OBJECT)

// Those of the same name are told apart by a number.
static char *title_of(const struct store_entry *row)
{
    g_autofree char *name = plain_text(row->name, TEXT_NAME);
    return row->nth > 1 ? g_strdup_printf("%s (%u)", name, row->nth) : g_steal_pointer(&name);
}

static TinctureLibraryEntry *entry_of_row(const struct library *l, const struct store_entry *row)
{
    g_autofree char *title = title_of(row);
    g_autofree char *photo = store_own_path(l->store, row->photo);
    TinctureLibraryEntry *e = tincture_library_entry_new(title, photo, NULL);
    e->id = row->id;
    e->origin = row->origin ? plain_text(row->origin, TEXT_MESSAGE) : NULL;
    e->when = row->modified;
    e->results = row->results;
    e->open = l->project->photo && row->id == l->row.id;
    return e;
}

// What the disk is to be asked goes into ask. Until it has answered, a photo is there.
static bool is_missing(TinctureCatalogue *self, const char *photo, GPtrArray *ask)
{
    gpointer there = GINT_TO_POINTER(true);
    if (!photo) {
        return true;
    }
    if (!g_hash_table_lookup_extended(self->files, photo, NULL, &there) || self->stale) {
        g_ptr_array_add(ask, g_strdup(photo));
    }
    return !GPOINTER_TO_INT(there);
}

static GPtrArray *read_documents(TinctureCatalogue *self, GPtrArray *ask, GError **error)
{
    const struct store_query query = {
        .words = self->words, .order = self->order, .starred = self->show == SHOW_STARRED};
    g_autoptr(GPtrArray) rows = store_documents(self->library->store, &query, error);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; rows && i < rows->len; i++) {
        g_autoptr(TinctureLibraryEntry) e = entry_of_row(self->library, rows->pdata[i]);
        e->missing = is_missing(self, e->photo, ask);
        if (self->show != SHOW_MISSING || e->missing) {
            g_ptr_array_add(list, g_steal_pointer(&e));
        }
    }
    return list;
}

static GPtrArray *read_trash(TinctureCatalogue *self, GError **error)
{
    g_autoptr(GPtrArray) rows = store_trash(self->library->store, error);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; rows && i < rows->len; i++) {
        const struct store_trashed *row = rows->pdata[i];
        if (*self->words == '\0' || g_str_match_string(self->words, row->name, TRUE)) {
            g_autofree char *title = plain_text(row->name, TEXT_NAME);
            TinctureLibraryEntry *e = tincture_library_entry_new(title, NULL, NULL);
            e->kind = row->kind;
            e->id = row->id;
            e->when = row->deleted;
            e->in_trash = true;
            g_ptr_array_add(list, e);
        }
    }
    return list;
}

static const TinctureLibraryEntry *entry_at(TinctureCatalogue *self, guint i)
{
    g_autoptr(TinctureLibraryEntry) e = g_list_model_get_item(G_LIST_MODEL(self->entries), i);
    return e; // the list keeps it
}

static guint hash_entry(gconstpointer entry)
{
    const TinctureLibraryEntry *e = entry;
    return (guint)(e->id * 4 + e->kind);
}

static gboolean same_entry(gconstpointer a, gconstpointer b)
{
    return same(a, b);
}

// What is as it was is the same object again: whoever shows it need not show it anew.
static void keep_objects(TinctureCatalogue *self, GPtrArray *list)
{
    const guint had = g_list_model_get_n_items(G_LIST_MODEL(self->entries));
    g_autoptr(GHashTable) known = g_hash_table_new(hash_entry, same_entry);
    for (guint i = 0; i < had; i++) {
        g_hash_table_add(known, (gpointer)entry_at(self, i));
    }
    for (guint i = 0; i < list->len; i++) {
        TinctureLibraryEntry *kept = g_hash_table_lookup(known, list->pdata[i]);
        if (kept) {
            g_object_unref(list->pdata[i]);
            list->pdata[i] = g_object_ref(kept);
        }
    }
}

// What is the same at both ends stays, so that whoever shows it stays where it was scrolled to.
static void splice(TinctureCatalogue *self, GPtrArray *list)
{
    keep_objects(self, list);
    const guint had = g_list_model_get_n_items(G_LIST_MODEL(self->entries));
    const guint shorter = MIN(had, list->len);
    guint front = 0, back = 0;
    while (front < shorter && entry_at(self, front) == list->pdata[front]) {
        front++;
    }
    while (front + back < shorter &&
           entry_at(self, had - 1 - back) == list->pdata[list->len - 1 - back]) {
        back++;
    }
    if (had != front + back || list->len != front + back) {
        g_list_store_splice(self->entries, front, had - front - back, list->pdata + front,
                            list->len - front - back);
    }
}

// ---- which photos are there ---------------------------------------------------------------------

static void ask_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const GPtrArray *paths = data;
    g_autoptr(GByteArray) there = g_byte_array_sized_new(paths->len);
    for (guint i = 0; i < paths->len && !g_cancellable_is_cancelled(cancellable); i++) {
        const guint8 answer = g_file_test(paths->pdata[i], G_FILE_TEST_IS_REGULAR);
        g_byte_array_append(there, &answer, 1);
    }
    g_task_return_pointer(task, g_steal_pointer(&there), (GDestroyNotify)g_byte_array_unref);
}

static void read_shown(TinctureCatalogue *self);

static void answered_cb(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(TinctureCatalogue) self = data;
    const GPtrArray *paths = g_task_get_task_data(G_TASK(result));
    g_autoptr(GByteArray) there = g_task_propagate_pointer(G_TASK(result), NULL);
    if (!there) {
        return; // asked again since, or nobody looks any more
    }
    g_clear_object(&self->asking);
    for (guint i = 0; i < paths->len; i++) {
        g_hash_table_insert(self->files, g_strdup(paths->pdata[i]),
                            GINT_TO_POINTER((int)there->data[i]));
    }
    read_shown(self);
}

static void stop_asking(TinctureCatalogue *self)
{
    if (self->asking) {
        g_cancellable_cancel(self->asking);
        g_clear_object(&self->asking);
    }
}

// On a thread: a disk may sleep, or lie at the other end of a network.
static void ask_disk(TinctureCatalogue *self, GPtrArray *paths)
{
    stop_asking(self);
    self->asking = g_cancellable_new();
    // Not its source: the last holder of a task, and so of its source, may be the thread.
    g_autoptr(GTask) task = g_task_new(NULL, self->asking, answered_cb, g_object_ref(self));
    g_task_set_task_data(task, g_ptr_array_ref(paths), (GDestroyNotify)g_ptr_array_unref);
    g_task_run_in_thread(task, ask_thread);
}

// ---- reading ------------------------------------------------------------------------------------

static void read_shown(TinctureCatalogue *self)
{
    if (!self->looked_at) {
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) ask = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) list = !self->library->store
                                    ? g_ptr_array_new_with_free_func(g_object_unref)
                                : self->show == SHOW_TRASH ? read_trash(self, &error)
                                                           : read_documents(self, ask, &error);
    library_say_unread(self->library, _("The documents could not be read"), error);
    splice(self, list);
    if (ask->len > 0) {
        ask_disk(self, ask);
    }
    self->stale = self->stale && self->show == SHOW_TRASH;
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
}

static void read_again(TinctureCatalogue *self)
{
    self->stale = true; // files come and go with documents
    read_shown(self);
}

struct picture tincture_catalogue_thumb(TinctureCatalogue *self, const TinctureLibraryEntry *entry)
{
    struct store *s = self->library->store;
    struct store_thumb thumb = {0};
    const bool found =
        s && entry->id &&
        (entry->kind == STORE_DOCUMENT ? store_thumb(s, entry->id, &thumb, NULL)
         : entry->kind == STORE_RESULT ? store_result_thumb(s, entry->id, &thumb, NULL)
                                       : false);
    const struct picture picture =
        found ? library_thumb(thumb.rgba, thumb.width, thumb.height) : (struct picture){0};
    g_clear_pointer(&thumb.rgba, g_bytes_unref);
    return picture;
}

// ---- looking ------------------------------------------------------------------------------------

void tincture_catalogue_look(TinctureCatalogue *self, bool looked_at)
{
    const bool begins = looked_at && !self->looked_at;
    self->looked_at = looked_at;
    if (begins) {
        read_again(self);
    } else if (!looked_at) {
        stop_asking(self);
    }
}

void tincture_catalogue_find(TinctureCatalogue *self, const char *words)
{
    if (!g_str_equal(words, self->words)) {
        g_free(self->words);
        self->words = g_strdup(words);
        read_shown(self);
    }
}

void tincture_catalogue_sort(TinctureCatalogue *self, enum store_order order)
{
    if (order != self->order) {
        self->order = order;
        read_shown(self);
    }
}

void tincture_catalogue_show(TinctureCatalogue *self, enum catalogue_show show)
{
    if (show != self->show) {
        self->show = show;
        read_shown(self);
    }
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_catalogue_finalize(GObject *object)
{
    TinctureCatalogue *self = TINCTURE_CATALOGUE(object);
    stop_asking(self);
    g_object_unref(self->entries);
    g_hash_table_unref(self->files);
    g_free(self->words);
    G_OBJECT_CLASS(tincture_catalogue_parent_class)->finalize(object);
}

static void tincture_catalogue_class_init(TinctureCatalogueClass *class)
{
    G_OBJECT_CLASS(class)->finalize = tincture_catalogue_finalize;
    signals[SIGNAL_CHANGED] = g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void tincture_catalogue_init(TinctureCatalogue *self)
{
    self->entries = g_list_store_new(TINCTURE_TYPE_LIBRARY_ENTRY);
    self->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->words = g_strdup("");
}

TinctureCatalogue *tincture_catalogue_new(struct library *library)
{
    TinctureCatalogue *self = g_object_new(TINCTURE_TYPE_CATALOGUE, NULL);
    self->library = library;
    g_signal_connect_object(library->project, "library-changed", G_CALLBACK(read_again), self,
                            G_CONNECT_SWAPPED);
    return self;
}
