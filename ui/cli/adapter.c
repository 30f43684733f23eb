#include "ui/cli/adapter_inspect.h"

#include "compute/adapter/dialect/dialect.h"
#include "ui/core/plain_text.h"

#include <stdio.h>
#include <string.h>

static void print_text(const struct adapter *a)
{
    printf("method      %s\n", a->method->name);
    printf("parameters  %" G_GINT64_FORMAT " in %u tensors\n", adapter_count(a), a->params->len);
    if (a->dialect) { // a hint encoder alone is in none
        printf("dialect     %s (%s)\n", a->dialect->name, a->dialect->title);
    }
    if (a->extras->len) {
        printf("hints       an encoder of %u tensors (--control)\n", a->extras->len);
    }
    printf("applied     %d of %d tensors\n", a->tensors_applied, a->tensors_total);
    printf("norm        %.6g\n", adapter_norm(a));
    for (guint i = 0; i < a->notes->len; i++) {
        g_autofree char *note = plain_text(a->notes->pdata[i], TEXT_MESSAGE);
        printf("note        %s\n", note);
    }
    for (guint i = 0; i < MIN(a->unmatched->len, 10); i++) {
        g_autofree char *name = plain_text(a->unmatched->pdata[i], TEXT_MESSAGE);
        printf("not applied: %s\n", name);
    }
    if (a->unmatched->len > 10) {
        printf("and %u more (all with --json)\n", a->unmatched->len - 10);
    }
    GHashTableIter it;
    void *key, *value;
    g_hash_table_iter_init(&it, a->metadata);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        g_autofree char *name = plain_text(key, TEXT_MESSAGE);
        g_autofree char *text = plain_text(value, TEXT_MESSAGE); // whole with --json
        printf("  %s: %s\n", name, text);
    }
}

static void add_texts(JsonBuilder *b, const char *key, const GPtrArray *texts)
{
    json_builder_set_member_name(b, key);
    json_builder_begin_array(b);
    for (guint i = 0; i < texts->len; i++) {
        g_autofree char *text = plain_text(texts->pdata[i], TEXT_MESSAGE);
        json_builder_add_string_value(b, text);
    }
    json_builder_end_array(b);
}

static void print_json(const struct adapter *a)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "method");
    json_builder_add_string_value(b, a->method->name);
    json_builder_set_member_name(b, "dialect");
    json_builder_add_string_value(b, a->dialect ? a->dialect->name : NULL);
    json_builder_set_member_name(b, "hint_encoder");
    json_builder_add_int_value(b, a->extras->len);
    json_builder_set_member_name(b, "parameters");
    json_builder_add_int_value(b, adapter_count(a));
    json_builder_set_member_name(b, "applied");
    json_builder_add_int_value(b, a->tensors_applied);
    json_builder_set_member_name(b, "total");
    json_builder_add_int_value(b, a->tensors_total);
    add_texts(b, "not_applied", a->unmatched);
    add_texts(b, "notes", a->notes);
    json_builder_set_member_name(b, "norm");
    json_builder_add_double_value(b, adapter_norm(a));
    json_builder_set_member_name(b, "metadata");
    json_builder_begin_object(b);
    GHashTableIter it;
    void *key, *value;
    g_hash_table_iter_init(&it, a->metadata);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        json_builder_set_member_name(b, key);
        json_builder_add_string_value(b, value);
    }
    json_builder_end_object(b);
    json_builder_end_object(b);
    cli_print_json(b);
}

static bool info(struct cli *c, GError **error)
{
    struct adapter *a = adapter_load(c->rest[1], c->engine->model, error);
    if (a && c->json) {
        print_json(a);
    } else if (a) {
        print_text(a);
    }
    adapter_free(a);
    return a != NULL;
}

static void say_near(const struct adapter_written *w, void *data)
{
    if (w->left_out > 0) {
        cli_progress_end();
        printf("approximated, relative error %.3g at strength 1\n", w->left_out);
        fflush(stdout); // there is time to stop
    }
}

// In the dialect asked for, or in the method's own; a rank alone is a low-rank update.
static bool write_out(struct cli *c, struct adapter *a, GError **error)
{
    const int rank = settings_int(c->settings, "rank");
    const char *to = c->to ? c->to : rank > 0 ? adapter_method_find("lora")->dialect : NULL;
    struct adapter_written written = {0};
    const bool ok =
        cli_adapter_check(a->method, c->out, error) &&
        (to ? adapter_export(a, to, rank, c->out, &written, say_near, NULL, &cli_task, error)
            : adapter_save(a, c->out, &cli_task, error));
    cli_progress_end();
    if (ok && to && written.left_out == 0) {
        printf(written.at_one ? "exact at strength 1; at others it acts as such files do elsewhere"
                              : "exact");
        if (a->tensors_applied < a->tensors_total) {
            printf(", of the %d of %d tensors that fit %s", a->tensors_applied, a->tensors_total,
                   c->engine->model->name);
        }
        putchar('\n');
    }
    if (ok && written.without_hints) {
        printf("without its hint encoder, for which other programs' files have no place\n");
    }
    return ok;
}

// --rename WORD=NAME.
static bool rename_word(const struct cli *c, struct adapter *a, GError **error)
{
    const char *sign = c->rename ? strchr(c->rename, '=') : NULL;
    if (!c->rename) {
        return true;
    }
    if (!sign || sign == c->rename || !sign[1]) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--rename needs WORD=NAME, such as <rex>=<max>, not \"%s\"", c->rename);
        return false;
    }
    g_autofree char *word = g_strndup(c->rename, (gsize)(sign - c->rename));
    return adapter_token_rename(a, word, sign + 1, error);
}

static bool convert(struct cli *c, GError **error)
{
    struct adapter *a = cli_adapter(c, c->rest[1], error);
    const bool ok = a && rename_word(c, a, error) && write_out(c, a, error);
    adapter_free(a);
    return ok;
}

// Those of all the words behind the verb. NULL with an error.
static GPtrArray *load_all(struct cli *c, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)adapter_free);
    for (int i = 1; c->rest[i]; i++) {
        struct adapter *a = cli_adapter_scaled(c, c->rest[i], error);
        if (!a) {
            return NULL;
        }
        g_ptr_array_add(list, a);
    }
    return g_steal_pointer(&list);
}

static bool inspect(struct cli *c, GError **error)
{
    g_autoptr(GPtrArray) list = load_all(c, error);
    return list && cli_inspect(c, (struct adapter *const *)list->pdata, (int)list->len, error);
}

static bool combine(struct cli *c, GError **error)
{
    g_autoptr(GPtrArray) list = load_all(c, error);
    struct adapter *all = list ? adapter_combined((struct adapter *const *)list->pdata,
                                                  (int)list->len, &cli_task, error)
                               : NULL;
    const bool ok = all && write_out(c, all, error);
    const struct adapter *first = all ? list->pdata[0] : NULL;
    if (ok && !c->to && settings_int(c->settings, "rank") == 0 && all->method != first->method &&
        !all->method->init) {
        printf("exact, as differences of whole weights; --rank makes a small file that is near\n");
    }
    adapter_free(all);
    return ok;
}

static void print_dialects(void)
{
    static const char *const how[] = {[DIALECT_NOTHING] = "reads and writes",
                                      [DIALECT_LOW_RANK] = "reads and writes, others as low rank",
                                      [DIALECT_AT_ONE] = "reads and writes, all methods"};
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const struct adapter_dialect *d = adapter_dialect_table[i];
        printf("%-15s %-37s %s\n", d->name, d->write ? how[d->converts] : "reads", d->summary);
    }
}

static void print_dialects_json(void)
{
    static const char *const converts[] = {
        [DIALECT_NOTHING] = "nothing", [DIALECT_LOW_RANK] = "low rank", [DIALECT_AT_ONE] = "all"};
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "dialects");
    json_builder_begin_array(b);
    for (int i = 0; adapter_dialect_table[i]; i++) {
        const struct adapter_dialect *d = adapter_dialect_table[i];
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "name");
        json_builder_add_string_value(b, d->name);
        json_builder_set_member_name(b, "writes");
        json_builder_add_boolean_value(b, d->write != NULL);
        json_builder_set_member_name(b, "converts");
        json_builder_add_string_value(b, converts[d->write ? d->converts : DIALECT_NOTHING]);
        json_builder_set_member_name(b, "summary");
        json_builder_add_string_value(b, d->summary);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    cli_print_json(b);
}

static bool dialects(struct cli *c, GError **error)
{
    (c->json ? print_dialects_json : print_dialects)();
    return true;
}

// What follows the word `adapter`.
static const struct verb {
    const char *name;
    guint least, most;     // files
    bool out, json, model; // whether it writes a file, answers as JSON, and needs a model
    bool (*run)(struct cli *c, GError **error);
} verbs[] = {
    {"info", 1, 1, false, true, true, info},
    {"convert", 1, 1, true, false, true, convert},
    {"combine", 1, G_MAXUINT, true, false, true, combine},
    {"inspect", 1, G_MAXUINT, false, true, true, inspect},
    {"dialects", 0, 0, false, true, false, dialects},
};

// Options that are other verbs', which would be given for nothing.
static bool check_options(const struct cli *c, const struct verb *v, GError **error)
{
    const struct {
        const char *option;
        bool idle;
    } all[] = {{"json", c->json && !v->json},
               {"out", c->out && !v->out},
               {"rename", c->rename && v->run != convert},
               {"to", c->to && !v->out},
               {"rank", cli_given(c, "rank") && !v->out},
               {"model", c->model && !v->model},
               {"vae", c->vae && !v->model},
               {"device", c->device && !v->model},
               {"precision", c->precision && !v->model}};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        if (all[i].idle) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "adapter %s takes no --%s",
                        v->name, all[i].option);
            return false;
        }
    }
    return true;
}

static bool check_dialect(const struct cli *c, GError **error)
{
    const struct adapter_dialect *d = c->to ? adapter_dialect_find(c->to) : NULL;
    if (c->to && !d) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "there is no dialect named %s (adapter dialects lists them)", c->to);
        return false;
    }
    if (d && d->converts != DIALECT_LOW_RANK && settings_int(c->settings, "rank") > 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--rank is of low-rank updates, which files of the dialect %s do not hold",
                    c->to);
        return false;
    }
    return true;
}

static bool run(struct cli *c, GError **error)
{
    if (!check_dialect(c, error)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++) {
        const struct verb *v = &verbs[i];
        const guint files = g_strv_length(c->rest) - 1;
        if (g_str_equal(c->rest[0], v->name) && files >= v->least && files <= v->most &&
            (c->out || !v->out)) {
            return check_options(c, v, error) && (!v->model || cli_engine(c, error)) &&
                   v->run(c, error);
        }
    }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "expected: adapter info FILE, adapter convert FILE --out PATH, adapter combine "
                "FILE[:STRENGTHS].. --out PATH, adapter inspect FILE[:STRENGTHS].., or adapter "
                "dialects");
    return false;
}

static const struct setting adapter_settings[] = {
    {.key = "rank",
     .title = "Rank",
     .help = "Of the low-rank update that convert and combine make; 0 is exact, or 16 where --to "
             "needs one",
     .kind = SETTING_INT,
     .max = 4096},
    {0},
};

const struct cli_command adapter_command = {
    .name = "adapter",
    .summary =
        "Tell what adapter files hold and do, write them for other programs, or combine them",
    .usage = "info FILE | convert FILE [--to DIALECT] [--rename WORD=NAME] --out PATH | combine "
             "FILE[:STRENGTHS].. "
             "--out PATH | inspect FILE[:STRENGTHS].. | dialects; STRENGTHS: 0.7, or by groups of "
             "layers 0,down=1,up.cross=0.5",
    .options = (const char *const[]){"model", "vae", "device", "precision", "json", "out", "to",
                                     "rename", NULL},
    .needed = (const char *const[]){"rest", NULL},
    .settings = adapter_settings,
    .run = run,
};
