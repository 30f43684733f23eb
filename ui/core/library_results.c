// Results of the open document: kept, read, starred.
#include "ui/core/library.h"

#include "compute/i18n.h"
#include "ui/core/difference.h"

struct picture library_thumb(GBytes *rgba, int width, int height)
{
    const bool whole =
        rgba && width > 0 && height > 0 && g_bytes_get_size(rgba) == (gsize)width * height * 4;
    return whole ? (struct picture){width, height, g_bytes_ref(rgba)} : (struct picture){0};
}

// What row i of a list, newest first, has that the one before it had not.
static char *difference(const GPtrArray *rows, guint i)
{
    if (i + 1 >= rows->len) {
        return NULL;
    }
    struct document before, after;
    document_init(&before);
    document_init(&after);
    document_from_json(&before, ((const struct store_result *)rows->pdata[i + 1])->recipe);
    document_from_json(&after, ((const struct store_result *)rows->pdata[i])->recipe);
    char *text = document_difference(&before, &after);
    document_clear(&before);
    document_clear(&after);
    return text;
}

static GPtrArray *read_results(struct library *l)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *list = g_ptr_array_new_with_free_func(g_object_unref);
    g_autoptr(GPtrArray) rows = store_results(l->store, l->row.id, l->results_limit + 1, &error);
    guint unread = 0;
    l->project->more_results = rows && rows->len > l->results_limit;
    for (guint i = 0; rows && i < MIN(rows->len, l->results_limit); i++) {
        const struct store_result *row = rows->pdata[i];
        const struct picture thumb = library_thumb(row->thumb, row->thumb_width, row->thumb_height);
        if (thumb.rgba) {
            TinctureResultEntry *entry = tincture_result_entry_new(row->id, row->prompt);
            entry->created = row->created;
            entry->thumb = thumb;
            entry->seconds = row->seconds;
            entry->recipe = g_strdup(row->recipe);
            entry->starred = row->starred;
            if (!tincture_project_find_result(l->project, row->id)) { // else it stays as it is
                entry->difference = difference(rows, i);
            }
            g_ptr_array_add(list, entry);
        } else {
            unread++;
        }
    }
    if (unread > 0 && !l->results_failed) { // said once
        l->results_failed = true;
        tincture_project_say(l->project, MESSAGE_ERROR,
                             P_("Of %u of the earlier results the picture cannot be read, and the "
                                "history does not show it",
                                "Of %u of the earlier results the pictures cannot be read, and the "
                                "history does not show them",
                                unread),
                             unread);
    }
    library_say_unread(l, _("Earlier results could not be read"), error);
    return list;
}

static gint64 result_id(const GPtrArray *list, guint i)
{
    return ((const TinctureResultEntry *)list->pdata[i])->id;
}

// Puts entries from..to in the place of `removed` items at that position, where that is anything.
static void splice(GListStore *results, guint position, guint removed, const GPtrArray *list,
                   guint from, guint to)
{
    if (removed > 0 || from < to) {
        g_list_store_splice(results, position, removed, list->pdata + from, to - from);
    }
}

// The common cases are one new result in front, and older ones at the end: items that are still
// true stay as they are, so that whoever shows the list stays where it was scrolled to.
void library_read_results(struct library *l)
{
    TinctureProject *p = l->project;
    g_autoptr(GPtrArray) list = read_results(l);
    const TinctureResultEntry *newest = tincture_project_result(p, 0);
    guint had = tincture_project_n_results(p), fresh = 0, kept = 0;
    while (fresh < list->len && !(newest && result_id(list, fresh) == newest->id)) {
        fresh++;
    }
    while (kept < had && fresh + kept < list->len &&
           result_id(list, fresh + kept) == tincture_project_result(p, kept)->id) {
        kept++;
    }
    splice(p->results, kept, had - kept, list, fresh + kept, list->len);
    splice(p->results, 0, 0, list, 0, fresh);
}

void library_results_differ(struct library *l)
{
    library_read_results(l);
    tincture_project_changed(l->project, DOCUMENT_RESULTS);
    tincture_project_library_changed(l->project);
}

// Whether a stored recipe asks for the picture of this key. What it does not mention, as it was
// written by an earlier version, is as now.
static bool asks_for(const char *recipe, const char *key)
{
    struct document d;
    document_init(&d);
    document_from_json(&d, recipe);
    g_autofree char *its_key = document_picture_key(&d);
    document_clear(&d);
    return g_str_equal(its_key, key);
}

static const TinctureResultEntry *newest(struct library *l, const char *key)
{
    const TinctureResultEntry *first = tincture_project_result(l->project, 0);
    return first && asks_for(first->recipe, key) ? first : NULL;
}

struct store_result *library_newest(struct library *l, const char *key)
{
    const TinctureResultEntry *first = newest(l, key);
    return first ? store_result_load(l->store, first->id, NULL) : NULL;
}

struct store_result *library_shown_before(struct library *l, const char *key)
{
    const TinctureResultEntry *entry = tincture_project_result_of(l->project, key);
    return entry ? store_result_load(l->store, entry->id, NULL) : NULL;
}

void library_star(struct library *l, gint64 id, bool starred)
{
    g_autoptr(GError) error = NULL;
    TinctureResultEntry *entry = tincture_project_find_result(l->project, id);
    if (entry && store_result_star(l->store, id, starred, &error)) {
        entry->starred = starred;
        tincture_project_changed(l->project, DOCUMENT_RESULTS);
    }
    library_say_unread(l, _("The star could not be kept"), error);
}

struct store_result *library_result(struct library *l, gint64 id, GError **error)
{
    return l->store ? store_result_load(l->store, id, error) : NULL;
}

// The row that holds a result from now on.
static void note_kept(struct library *l, const struct result *result, gint64 id, const char *key)
{
    tincture_project_note_key(l->project, id, key);
    if (l->project->result == result) {
        tincture_project_mark_result(l->project, id, key);
    }
}

// The row that has it already: of a variation that was starred before it is taken, or of the newest
// picture drawn again, which with another model or other learned tokens is another one.
static const TinctureResultEntry *kept_as(struct library *l, const char *key, GBytes *pixels)
{
    const TinctureResultEntry *kept = tincture_project_result_of(l->project, key);
    const TinctureResultEntry *last = kept ? NULL : newest(l, key);
    struct store_result *row = last ? store_result_load(l->store, last->id, NULL) : NULL;
    if (row && row->pixels && g_bytes_equal(row->pixels, pixels)) {
        kept = last;
    }
    store_result_free(row);
    return kept;
}

void library_keep(struct library *l, const struct result *result, const struct picture *thumb)
{
    g_autofree char *recipe = document_recipe(&result->document, result->edit->precision);
    g_autofree char *key = document_picture_key(&result->document);
    const TinctureResultEntry *same = kept_as(l, key, result->pixels);
    if (same) {
        note_kept(l, result, same->id, key);
        return;
    }
    struct store_result row = {
        .document = l->row.id,
        .prompt = (char *)document_request(&result->document).prompt,
        .recipe = recipe,
        .thumb = thumb->rgba,
        .thumb_width = thumb->width,
        .thumb_height = thumb->height,
        .pixels = result->pixels,
        .width = result->edit->width,
        .height = result->edit->height,
        .seconds = result->edit->seconds,
    };
    g_autoptr(GError) error = NULL;
    if (l->row.id && library_stays(l, &error)) {
        store_result_save(l->store, &row, &error);
    }
    library_say_unread(l, _("The result could not be kept"), error);
    library_results_differ(l);
    note_kept(l, result, row.id, key);
}

void library_show_more(struct library *l)
{
    l->results_limit += RESULTS_SHOWN;
    library_read_results(l);
    tincture_project_changed(l->project, DOCUMENT_RESULTS);
}
