#include "ui/cli/cli.h"

#include "compute/adapter/dialect/dialect.h"
#include "ui/core/plain_text.h"

#include <stdio.h>
#include <string.h>

static void print_text(const struct adapter *a)
{
    printf("method      %s\n", a->method->name);
    printf("parameters  %" G_GINT64_FORMAT " in %u tensors\n", adapter_count(a), a->params->len);
    printf("dialect     %s (%s)\n", a->dialect->name, a->dialect->title);
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
        g_autofree char *text = plain_lines(value);
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
    json_builder_add_string_value(b, a->dialect->name);
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

static bool run(struct cli *c, GError **error)
{
    const char *verb = c->rest[0], *path = c->rest[1];
    const bool info = g_str_equal(verb, "info"), convert = g_str_equal(verb, "convert");
    if ((!info && !convert) || !path || (convert && !c->out)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    "expected: adapter info FILE, or adapter convert FILE --out PATH");
        return false;
    }
    if (!cli_engine(c, error)) {
        return false;
    }
    struct adapter *a =
        info ? adapter_load(path, c->engine->model, error) : cli_adapter(c, path, error);
    if (!a) {
        return false;
    }
    bool ok = true;
    if (convert) {
        ok = cli_adapter_check(a->method, c->out, error) &&
             adapter_save(a, c->out, &cli_task, error);
    } else if (c->json) {
        print_json(a);
    } else {
        print_text(a);
    }
    adapter_free(a);
    return ok;
}

const struct cli_command adapter_command = {
    .name = "adapter",
    .summary = "Tell what an adapter file holds, or write it in another layout",
    .usage = "info FILE | convert FILE --out PATH",
    .options = (const char *const[]){"model", "vae", "device", "json", "out", NULL},
    .needed = (const char *const[]){"rest", NULL},
    .run = run,
};
