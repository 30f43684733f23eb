// What a person deletes of the library, takes back and renames.
#include "ui/core/library.h"

#include "compute/i18n.h"
#include "ui/core/plain_text.h"

// What stays in the list stays as it is: whoever shows it stays where it was scrolled to.
static void hide_result(struct library *l, gint64 id)
{
    GListStore *results = l->project->results;
    TinctureResultEntry *entry = tincture_project_find_result(l->project, id);
    guint position;
    if (entry && g_list_store_find(results, entry, &position)) {
        g_ptr_array_add(l->deleted, g_object_ref(entry));
        g_list_store_remove(results, position);
        tincture_project_changed(l->project, DOCUMENT_RESULTS);
    }
}

static bool is_newer(const TinctureResultEntry *a, const TinctureResultEntry *b)
{
    return a->created != b->created ? a->created > b->created : a->id > b->id;
}

static void show_result(struct library *l, gint64 id)
{
    GListStore *results = l->project->results;
    for (guint i = 0; i < l->deleted->len; i++) {
        TinctureResultEntry *entry = l->deleted->pdata[i];
        guint position = 0;
        if (entry->id == id) {
            while (position < tincture_project_n_results(l->project) &&
                   is_newer(tincture_project_result(l->project, position), entry)) {
                position++;
            }
            g_list_store_insert(results, position, entry);
            g_ptr_array_remove_index(l->deleted, i);
            tincture_project_changed(l->project, DOCUMENT_RESULTS);
            return;
        }
    }
}

// It goes out of the list, and out of what can be undone.
static void hide_adapter(struct library *l, gint64 id)
{
    TinctureAdapterEntry *entry = tincture_project_take_adapter(l->project, id);
    if (entry) {
        g_ptr_array_add(l->deleted_adapters, entry);
        tincture_project_stale(l->project);
    }
}

static void show_adapter(struct library *l, gint64 id)
{
    for (guint i = 0; i < l->deleted_adapters->len; i++) {
        const TinctureAdapterEntry *entry = l->deleted_adapters->pdata[i];
        if (entry->id == id) {
            tincture_project_add_adapter(l->project,
                                         g_ptr_array_steal_index(l->deleted_adapters, i));
            tincture_project_adapter_put_back(l->project, id);
            return;
        }
    }
}

static void leave(struct library *l, gint64 id)
{
    if (id == l->row.id) {
        library_leave_document(l);
        l->left = id;
    }
}

// The one that was open is so again, unless there is another one by now.
static void come_back(struct library *l, gint64 id)
{
    if (id == l->left && !l->row.id) {
        library_open_document(l, id);
    }
}

static const struct {
    void (*hide)(struct library *l, gint64 id);
    void (*show)(struct library *l, gint64 id);
} kinds[] = {
    [STORE_DOCUMENT] = {leave, come_back},
    [STORE_RESULT] = {hide_result, show_result},
    [STORE_ADAPTER] = {hide_adapter, show_adapter},
};

void library_follow(struct library *l, enum store_kind kind, gint64 id, bool deleted)
{
    (deleted ? kinds[kind].hide : kinds[kind].show)(l, id);
}

bool library_rename_adapter(struct library *l, gint64 id, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *plain = plain_text(name, TEXT_NAME);
    const bool ok =
        l->store && library_stays(l, &error) && store_adapter_rename(l->store, id, plain, &error);
    library_say_unread(l, _("It could not be renamed"), error);
    TinctureAdapterEntry *entry = ok ? tincture_project_find_adapter(l->project, id) : NULL;
    if (entry) {
        g_free(entry->name);
        entry->name = g_strdup(plain);
        tincture_project_changed(l->project, DOCUMENT_ADAPTERS);
    }
    if (ok) {
        tincture_project_library_changed(l->project);
    }
    return ok;
}

bool library_delete(struct library *l, enum store_kind kind, gint64 id)
{
    g_autoptr(GError) error = NULL;
    library_save_now(l);
    const bool ok =
        l->store && library_stays(l, &error) && store_delete(l->store, kind, id, &error);
    library_say_unread(l, _("It could not be deleted"), error);
    if (ok) {
        kinds[kind].hide(l, id);
        tincture_project_library_changed(l->project);
    }
    return ok;
}

bool library_restore(struct library *l, enum store_kind kind, gint64 id)
{
    g_autoptr(GError) error = NULL;
    const bool ok =
        l->store && library_stays(l, &error) && store_restore(l->store, kind, id, &error);
    library_say_unread(l, _("It could not be taken back"), error);
    if (ok) {
        kinds[kind].show(l, id);
        tincture_project_library_changed(l->project);
    }
    return ok;
}
