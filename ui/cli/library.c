#include "ui/cli/cli.h"

#include "ui/core/exchange.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <stdio.h>
#include <string.h>

// ---- printing -----------------------------------------------------------------------------------

static void add_text(JsonBuilder *b, const char *key, const char *text)
{
    g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;
    json_builder_set_member_name(b, key);
    json_builder_add_string_value(b, valid);
}

static void add_number(JsonBuilder *b, const char *key, gint64 number)
{
    json_builder_set_member_name(b, key);
    json_builder_add_int_value(b, number);
}

static void add_switch(JsonBuilder *b, const char *key, bool on)
{
    json_builder_set_member_name(b, key);
    json_builder_add_boolean_value(b, on);
}

static char *date(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(seconds);
    return time ? g_date_time_format(time, "%Y-%m-%d %H:%M") : g_strdup("-");
}

static void print_line(gint64 id, gint64 when, const char *kind, const char *text)
{
    g_autofree char *shown = plain_text(text, TEXT_MESSAGE), *day = date(when);
    printf("%6" G_GINT64_FORMAT "  %s  %-8s  %s\n", id, day, kind, shown);
}

// What the columns are, for a person: not among the lines that scripts read.
static void print_header(const char *when, const char *kind, const char *text)
{
    cli_progress_end();
    fprintf(stderr, "%6s  %-16s  %-8s  %s\n", "ID", when, kind, text);
}

static void json_begin(JsonBuilder *b, const char *list)
{
    json_builder_begin_object(b);
    json_builder_set_member_name(b, list);
    json_builder_begin_array(b);
}

static void json_end(JsonBuilder *b)
{
    json_builder_end_array(b);
    json_builder_end_object(b);
    cli_print_json(b);
}

// ---- what there is ------------------------------------------------------------------------------

static void print_documents(const GPtrArray *all, bool json)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    if (!json && all->len > 0) {
        print_header("CHANGED", "RESULTS", "NAME: LAST SENTENCE");
    }
    json_begin(b, "documents");
    for (guint i = 0; i < all->len; i++) {
        const struct store_entry *e = all->pdata[i];
        json_builder_begin_object(b);
        add_number(b, "id", e->id);
        add_text(b, "name", e->name);
        add_text(b, "prompt", e->prompt);
        add_text(b, "origin", e->origin);
        add_number(b, "modified", e->modified);
        add_number(b, "results", e->results);
        json_builder_end_object(b);
        if (!json) {
            g_autofree char *count = g_strdup_printf("%u", e->results);
            g_autofree char *text = g_strconcat(e->name, *e->prompt ? ": " : "", e->prompt, NULL);
            print_line(e->id, e->modified, count, text);
        }
    }
    if (json) {
        json_end(b);
    }
}

static bool list(struct cli *c, struct store *s, GError **error)
{
    g_autofree char *words = g_strjoinv(" ", c->rest + 1);
    const struct store_query query = {.words = words};
    g_autoptr(GPtrArray) all = store_documents(s, &query, error);
    if (all) {
        print_documents(all, c->json);
    }
    return all != NULL;
}

static bool number_of(const char *text, gint64 *id, GError **error)
{
    if (!g_ascii_string_to_signed(text, 10, 1, G_MAXINT32, id, NULL)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "\"%s\" is no number of a document (library list prints them)", text);
        return false;
    }
    return true;
}

static void print_parts(const struct store_document *d, gint64 id, const GPtrArray *adapters,
                        const GPtrArray *results)
{
    print_header("CHANGED", "KIND", "NAME OR SENTENCE (*: with a star)");
    print_line(id, d->modified, "document", d->name);
    for (guint i = 0; i < adapters->len; i++) {
        const struct store_adapter *a = adapters->pdata[i];
        g_autofree char *name = plain_text(a->name, TEXT_MESSAGE);
        printf("%6" G_GINT64_FORMAT "  %-16s  adapter   %s\n", a->id,
               a->listed ? "listed" : "not listed", name);
    }
    for (guint i = 0; i < results->len; i++) {
        const struct store_result *r = results->pdata[i];
        print_line(r->id, r->created, r->starred ? "result *" : "result", r->prompt);
    }
}

static void print_parts_json(const struct store_document *d, gint64 id, const GPtrArray *adapters,
                             const GPtrArray *results)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_number(b, "id", id);
    add_text(b, "name", d->name);
    add_number(b, "modified", d->modified);
    json_builder_set_member_name(b, "adapters");
    json_builder_begin_array(b);
    for (guint i = 0; i < adapters->len; i++) {
        const struct store_adapter *a = adapters->pdata[i];
        json_builder_begin_object(b);
        add_number(b, "id", a->id);
        add_text(b, "name", a->name);
        add_switch(b, "listed", a->listed);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "results");
    json_builder_begin_array(b);
    for (guint i = 0; i < results->len; i++) {
        const struct store_result *r = results->pdata[i];
        json_builder_begin_object(b);
        add_number(b, "id", r->id);
        add_text(b, "prompt", r->prompt);
        add_number(b, "created", r->created);
        add_switch(b, "starred", r->starred);
        json_builder_end_object(b);
    }
    json_end(b);
}

static bool show(struct cli *c, struct store *s, GError **error)
{
    struct store_document d = {0};
    gint64 id;
    if (!number_of(c->rest[1], &id, error)) {
        return false;
    }
    if (!store_document_load(s, id, &d, error)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                    "the library has no document %" G_GINT64_FORMAT, id);
        return false;
    }
    g_autoptr(GPtrArray) adapters = store_adapters(s, id, error);
    g_autoptr(GPtrArray) results = adapters ? store_results(s, id, G_MAXINT, error) : NULL;
    if (results) {
        (c->json ? print_parts_json : print_parts)(&d, id, adapters, results);
    }
    store_document_clear(&d);
    return results != NULL;
}

static void print_trash_json(const GPtrArray *all)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_begin(b, "trash");
    for (guint i = 0; i < all->len; i++) {
        const struct store_trashed *t = all->pdata[i];
        json_builder_begin_object(b);
        add_number(b, "id", t->id);
        add_text(b, "kind", store_kind_noun(t->kind));
        add_text(b, "name", t->name);
        add_number(b, "deleted", t->deleted);
        json_builder_end_object(b);
    }
    json_end(b);
}

static bool trash(struct cli *c, struct store *s, GError **error)
{
    g_autoptr(GPtrArray) all = store_trash(s, error);
    if (all && c->json) {
        print_trash_json(all);
        return true;
    }
    if (all && all->len > 0) {
        print_header("DELETED", "KIND", "NAME");
    }
    for (guint i = 0; all && i < all->len; i++) {
        const struct store_trashed *t = all->pdata[i];
        print_line(t->id, t->deleted, store_kind_noun(t->kind), t->name);
    }
    return all != NULL;
}

static bool info(struct cli *c, struct store *s, GError **error)
{
    struct store_use use;
    if (!store_use(s, &use, error)) {
        return false;
    }
    if (c->json) {
        g_autoptr(JsonBuilder) b = json_builder_new();
        json_builder_begin_object(b);
        add_number(b, "documents", use.documents);
        add_number(b, "results", use.results);
        add_number(b, "adapters", use.adapters);
        add_number(b, "bytes", use.bytes);
        add_number(b, "results_without_star", use.plain);
        add_number(b, "results_without_star_bytes", use.plain_bytes);
        add_number(b, "in_trash", use.in_trash);
        add_number(b, "in_trash_bytes", use.trash_bytes);
        json_builder_end_object(b);
        cli_print_json(b);
        return true;
    }
    g_autofree char *all = g_format_size((guint64)use.bytes);
    g_autofree char *plain = g_format_size((guint64)use.plain_bytes);
    g_autofree char *gone = g_format_size((guint64)use.trash_bytes);
    printf("documents %u, results %u, adapters %u\n", use.documents, use.results, use.adapters);
    printf("uses %s, of it %s in %u results without a star, and %s in the trash (%u)\n", all, plain,
           use.plain, gone, use.in_trash);
    return true;
}

// ---- the trash ----------------------------------------------------------------------------------

struct item {
    enum store_kind kind;
    gint64 id;
};

// "7" is a document, "result:7" and "adapter:7" what their names say.
static bool parse_item(const char *text, struct item *item, GError **error)
{
    *item = (struct item){STORE_DOCUMENT, 0};
    for (int kind = STORE_DOCUMENT; kind <= STORE_ADAPTER; kind++) {
        const char *noun = store_kind_noun((enum store_kind)kind);
        if (g_str_has_prefix(text, noun) && text[strlen(noun)] == ':') {
            item->kind = (enum store_kind)kind;
            text += strlen(noun) + 1;
            break;
        }
    }
    return number_of(text, &item->id, error);
}

static bool move_all(struct cli *c, struct store *s,
                     bool (*move)(struct store *, enum store_kind, gint64, GError **),
                     GError **error)
{
    struct item item;
    for (int i = 1; c->rest[i]; i++) { // a wrong word changes nothing
        if (!parse_item(c->rest[i], &item, error)) {
            return false;
        }
    }
    bool ok = store_together(s, error);
    for (int i = 1; ok && c->rest[i]; i++) {
        GError *failure = NULL;
        ok = parse_item(c->rest[i], &item, NULL) && move(s, item.kind, item.id, &failure);
        if (failure) {
            store_together_end(s, false, NULL);
            g_propagate_error(error, failure);
            return false;
        }
    }
    return ok && store_together_end(s, ok, error);
}

// One line of what was moved, and how it comes back.
static bool move_and_say(struct cli *c, struct store *s,
                         bool (*move)(struct store *, enum store_kind, gint64, GError **),
                         const char *said, GError **error)
{
    g_autofree char *items = g_strjoinv(", ", c->rest + 1);
    const bool ok = move_all(c, s, move, error);
    if (ok) {
        printf("%s %s\n", items, said);
    }
    return ok;
}

static bool delete (struct cli *c, struct store *s, GError **error)
{
    return move_and_say(c, s, store_delete, "went into the trash; library restore takes back",
                        error);
}

static bool restore(struct cli *c, struct store *s, GError **error)
{
    return move_and_say(c, s, store_restore, "back in the library", error);
}

static void report_cb(double part, void *data)
{
    task_report(&cli_task, TASK_WORKING, part);
}

static struct store_wait waiting(void)
{
    return (struct store_wait){report_cb, NULL, cli_task.cancellable};
}

// What would go, in one line each.
static bool say_clean(struct store *s, bool results, bool emptied, bool done, GError **error)
{
    struct store_use use;
    if (!store_use(s, &use, error)) {
        return false;
    }
    g_autofree char *plain = g_format_size((guint64)use.plain_bytes);
    g_autofree char *gone = g_format_size((guint64)use.trash_bytes);
    if (results) {
        printf("%u without a star, %s, %s into the trash, but for the newest of each document\n",
               use.plain, plain, done ? "go" : "would go");
    }
    if (emptied) {
        printf("%u in the trash, %s, %s for good\n", use.in_trash, gone, done ? "go" : "would go");
    }
    if (!done) {
        printf("nothing is done without --yes\n");
    }
    return true;
}

static bool empty_trash(struct store *s, GError **error)
{
    const struct store_wait wait = waiting();
    g_autoptr(GHashTable) gone = store_trash_files(s, error);
    const bool ok = gone && store_trash_empty(s, &wait, error) && store_collect(s, gone, error) &&
                    store_trim(s, &wait, error);
    cli_progress_end();
    return ok;
}

static bool clean(struct cli *c, struct store *s, GError **error)
{
    const bool all = g_str_equal(c->rest[1], "all");
    const bool results = all || g_str_equal(c->rest[1], "results");
    const bool emptied = all || g_str_equal(c->rest[1], "trash");
    gint64 when;
    if (!results && !emptied) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "expected: library clean results, trash or all, not \"%s\"", c->rest[1]);
        return false;
    }
    return say_clean(s, results, emptied, c->yes, error) &&
           (!c->yes || ((!results || store_delete_plain(s, NULL, &when, error)) &&
                        (!emptied || empty_trash(s, error))));
}

// ---- files --------------------------------------------------------------------------------------

static void say_left_out(const struct exchange *x)
{
    for (guint i = 0; i < x->left_out->len; i++) {
        g_autofree char *said = g_strdup_printf("left out: %s", (char *)x->left_out->pdata[i]);
        cli_complain(said);
    }
}

static bool export(struct cli *c, struct store *s, GError **error)
{
    struct exchange x;
    gint64 id;
    if (!number_of(c->rest[1], &id, error)) {
        return false;
    }
    const bool ok = exchange_export(s, id, c->out, &cli_task, &x, error);
    cli_progress_end();
    if (ok) {
        say_left_out(&x);
        printf("document %" G_GINT64_FORMAT " with %u results and %u adapters\n", id, x.results,
               x.adapters);
    }
    exchange_clear(&x);
    return ok;
}

static bool import(struct cli *c, struct store *s, GError **error)
{
    bool ok = true;
    for (int i = 1; ok && c->rest[i]; i++) {
        struct exchange x;
        ok = exchange_import(s, c->rest[i], &cli_task, &x, error);
        cli_progress_end();
        if (ok) {
            printf("document %" G_GINT64_FORMAT "%s: %u results and %u adapters added\n",
                   x.document, x.known ? ", which was there" : "", x.results, x.adapters);
        }
        exchange_clear(&x);
    }
    return ok;
}

// ---- check --------------------------------------------------------------------------------------

static void check_photos(struct store *s, const GPtrArray *documents, GPtrArray *faults)
{
    for (guint i = 0; i < documents->len; i++) {
        const struct store_entry *e = documents->pdata[i];
        g_autofree char *path = store_own_path(s, e->photo);
        if (!path || !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            g_ptr_array_add(faults, g_strdup_printf("document %" G_GINT64_FORMAT
                                                    ", %s: its photo is missing%s%s",
                                                    e->id, e->name, e->origin ? "; it was " : "",
                                                    e->origin ? e->origin : ""));
        }
    }
}

static bool check(struct cli *c, struct store *s, GError **error)
{
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    const struct store_wait wait = waiting();
    g_autoptr(GPtrArray) documents = store_documents(s, &(struct store_query){0}, error);
    g_autoptr(GPtrArray) files = documents ? store_unowned(s, error) : NULL;
    if (!files || !store_check(s, &wait, faults, error)) {
        return false;
    }
    check_photos(s, documents, faults);
    for (guint i = 0; i < faults->len; i++) {
        g_autofree char *line = plain_text(faults->pdata[i], TEXT_MESSAGE);
        printf("%s\n", line);
    }
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *line = plain_text(files->pdata[i], TEXT_MESSAGE);
        printf("of nothing in the library: %s\n", line);
    }
    if (faults->len > 0) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%u faults were found in the library",
                    faults->len);
        return false;
    }
    printf("the library is well%s\n", files->len > 0 ? "; clean trash removes those files" : "");
    return true;
}

// ---- verbs --------------------------------------------------------------------------------------

static const struct verb {
    const char *name;
    guint least, most;   // words behind it
    bool out, json, yes; // which options it takes
    bool makes;          // a library, where there is none
    bool (*run)(struct cli *c, struct store *s, GError **error);
} verbs[] = {
    {"list", 0, G_MAXUINT, .json = true, .run = list},
    {"info", 0, 0, .json = true, .run = info},
    {"show", 1, 1, .json = true, .run = show},
    {"trash", 0, 0, .json = true, .run = trash},
    {"delete", 1, G_MAXUINT, .run = delete},
    {"restore", 1, G_MAXUINT, .run = restore},
    {"clean", 1, 1, .yes = true, .run = clean},
    {"export", 1, 1, .out = true, .run = export},
    {"import", 1, G_MAXUINT, .makes = true, .run = import},
    {"check", 0, 0, .run = check},
};

static bool check_options(const struct cli *c, const struct verb *v, GError **error)
{
    const struct {
        const char *option;
        bool idle;
    } all[] = {
        {"json", c->json && !v->json}, {"out", c->out && !v->out}, {"yes", c->yes && !v->yes}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].idle) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "library %s takes no --%s",
                        v->name, all[i].option);
            return false;
        }
    }
    return true;
}

static bool run_in(struct cli *c, const struct verb *v, GError **error)
{
    g_autofree char *dir = c->data_dir ? g_strdup(c->data_dir) : paths_data();
    g_autofree char *path = g_build_filename(dir, "library.db", NULL);
    if (!v->makes && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no library in %s", dir);
        return false;
    }
    struct store *s = store_open(dir, error);
    const bool ok = s && v->run(c, s, error);
    store_close(s);
    return ok;
}

static bool run(struct cli *c, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const struct verb *v = &verbs[i];
        const guint words = g_strv_length(c->rest) - 1;
        if (g_str_equal(c->rest[0], v->name) && words >= v->least && words <= v->most &&
            (c->out || !v->out)) {
            return check_options(c, v, error) && run_in(c, v, error);
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "expected: library list [WORD..], info, show ID, trash, delete ID.., restore ID.., "
                "clean results|trash|all [--yes], export ID --out FILE, import FILE.. or check");
    return false;
}

const struct cli_command library_command = {
    .name = "library",
    .summary = "List what the library holds, delete and tidy up, and take documents out and in",
    .usage = "list [WORD..] | info | show ID | trash | delete ID.. | restore ID.. | clean "
             "results|trash|all [--yes] | export ID --out FILE | import FILE.. | check; ID: 7, of "
             "a document, result:7 or adapter:7",
    .options = (const char *const[]){"data-dir", "json", "out", "yes", NULL},
    .needed = (const char *const[]){"rest", NULL},
    .writes = CLI_RECORD,
    .run = run,
};
