// What a person deletes of the library, and takes back.
#include "ui/core/library.h"

#include "compute/i18n.h"

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

bool library_delete(struct library *l, enum store_kind kind, gint64 id)
{
    g_autoptr(GError) error = NULL;
    if (kind == STORE_DOCUMENT && id == l->row.id) {
        tincture_project_say(l->project, MESSAGE_ERROR,
                             _("This photo is open; open another one before it is deleted"));
        return false;
    }
    const bool ok =
        l->store && library_stays(l, &error) && store_delete(l->store, kind, id, &error);
    library_say_unread(l, _("It could not be deleted"), error);
    if (ok && kind == STORE_RESULT) {
        hide_result(l, id);
    }
    return ok;
}

bool library_restore(struct library *l, enum store_kind kind, gint64 id)
{
    g_autoptr(GError) error = NULL;
    const bool ok =
        l->store && library_stays(l, &error) && store_restore(l->store, kind, id, &error);
    library_say_unread(l, _("It could not be taken back"), error);
    if (ok && kind == STORE_RESULT) {
        show_result(l, id);
    }
    return ok;
}
