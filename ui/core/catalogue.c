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

// ---- reading ------------------------------------------------------------------------------------

enum { SIGNAL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE(TinctureCatalogue, tincture_catalogue, G_TYPE_OBJECT)

static TinctureLibraryEntry *entry_of_row(const struct library *l, const struct store_entry *row)
{
    g_autofree char *title = plain_text(row->name, TEXT_NAME);
    g_autofree char *photo = store_own_path(l->store, row->photo);
    TinctureLibraryEntry *e = tincture_library_entry_new(title, photo, NULL);
    e->id = row->id;
    e->origin = row->origin ? plain_text(row->origin, TEXT_MESSAGE) : NULL;
    e->when = row->modified;
    e->results = row->results;
    e->open = l->project->photo && row->id == l->row.id;
    e->missing = !photo || !g_file_test(photo, G_FILE_TEST_IS_REGULAR);
    return e;
}

static GPtrArray *read_documents(TinctureCatalogue *self, GError **error)
{
    const struct store_query query = {
        .words = self->words, .order = self->order, .starred = self->show == SHOW_STARRED};
    g_autoptr(GPtrArray) rows = store_documents(self->library->store, &query, error);
    GPtrArray *list = g_ptr_array_new_with_free_func(g_object_unref);
    for (guint i = 0; rows && i < rows->len; i++) {
        g_autoptr(TinctureLibraryEntry) e = entry_of_row(self->library, rows->pdata[i]);
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

// What is the same at both ends stays, so that whoever shows it stays where it was scrolled to.
static void splice(TinctureCatalogue *self, const GPtrArray *list)
{
    const guint had = g_list_model_get_n_items(G_LIST_MODEL(self->entries));
    const guint shorter = MIN(had, list->len);
    guint front = 0, back = 0;
    while (front < shorter && same(entry_at(self, front), list->pdata[front])) {
        front++;
    }
    while (front + back < shorter &&
           same(entry_at(self, had - 1 - back), list->pdata[list->len - 1 - back])) {
        back++;
    }
    if (had != front + back || list->len != front + back) {
        g_list_store_splice(self->entries, front, had - front - back, list->pdata + front,
                            list->len - front - back);
    }
}

static void read_again(TinctureCatalogue *self)
{
    if (!self->looked_at) {
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = !self->library->store
                                    ? g_ptr_array_new_with_free_func(g_object_unref)
                                : self->show == SHOW_TRASH ? read_trash(self, &error)
                                                           : read_documents(self, &error);
    library_say_unread(self->library, _("The documents could not be read"), error);
    splice(self, list);
    g_signal_emit(self, signals[SIGNAL_CHANGED], 0);
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
    }
}

void tincture_catalogue_find(TinctureCatalogue *self, const char *words)
{
    if (!g_str_equal(words, self->words)) {
        g_free(self->words);
        self->words = g_strdup(words);
        read_again(self);
    }
}

void tincture_catalogue_sort(TinctureCatalogue *self, enum store_order order)
{
    if (order != self->order) {
        self->order = order;
        read_again(self);
    }
}

void tincture_catalogue_show(TinctureCatalogue *self, enum catalogue_show show)
{
    if (show != self->show) {
        self->show = show;
        read_again(self);
    }
}

// ---- life ---------------------------------------------------------------------------------------

static void tincture_catalogue_finalize(GObject *object)
{
    TinctureCatalogue *self = TINCTURE_CATALOGUE(object);
    g_object_unref(self->entries);
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
