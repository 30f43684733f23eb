#include "ui/cli/cli.h"

#include "compute/file/safetensors.h"
#include "render/file.h"
#include "ui/core/paths.h"

#include <stdio.h>
#include <string.h>

// What is said of anything, as key and value; printed as lines or as JSON.
struct facts {
    GPtrArray *rows; // char *: key, value, key, value ...
};

G_GNUC_PRINTF(3, 4) static void fact(struct facts *f, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(f->rows, g_strdup(key));
    g_ptr_array_add(f->rows, g_strdup_vprintf(format, args));
    va_end(args);
}

static void facts_print(const struct facts *f, bool as_json)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    for (guint i = 0; i < f->rows->len; i += 2) {
        if (as_json) {
            json_builder_set_member_name(b, f->rows->pdata[i]);
            json_builder_add_string_value(b, f->rows->pdata[i + 1]);
        } else {
            printf("%-18s %s\n", (const char *)f->rows->pdata[i],
                   (const char *)f->rows->pdata[i + 1]);
        }
    }
    json_builder_end_object(b);
    if (as_json) {
        cli_print_json(b);
    }
}

static int64_t part_floats(const struct nn_part *part)
{
    int64_t n = 0;
    for (guint i = 0; i < part->weights->len; i++) {
        n += shape_count(((const struct nn_weight *)part->weights->pdata[i])->shape);
    }
    return n;
}

static bool model_facts(const char *dir, struct facts *f, GError **error)
{
    struct model *m = model_inspect(dir, error);
    if (!m) {
        return false;
    }
    static const char *const names[] = {"text encoder", "unet", "vae"};
    fact(f, "model", "%s", m->name);
    fact(f, "picture size", "%d", model_default_size(m));
    fact(f, "latent factor", "%d", model_latent_factor(m));
    fact(f, "prediction", "%s", m->sched.prediction == PREDICTION_V ? "v_prediction" : "epsilon");
    fact(f, "tokens", "%d of a vocabulary of %d", m->text.max_tokens, m->text.vocab_size);
    for (int i = 0; i < 3; i++) {
        g_autofree char *key = g_strdup_printf("%s", names[i]);
        fact(f, key, "%" G_GINT64_FORMAT " parameters in %u tensors", part_floats(m->parts[i]),
             m->parts[i]->weights->len);
    }
    const char *hash = model_hash(m, MODEL_UNET, NULL, error);
    bool ok = hash != NULL;
    if (ok) {
        fact(f, "unet sha256", "%s", hash);
    }
    model_free(m);
    return ok;
}

static bool tensor_facts(const char *path, struct facts *f, GError **error)
{
    struct st_file *file = st_open(path, error);
    if (!file) {
        return false;
    }
    fact(f, "tensors", "%u", file->tensors->len);
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        g_autoptr(GString) shape = g_string_new("");
        for (int k = 0; k < t->rank; k++) {
            g_string_append_printf(shape, "%s%" G_GINT64_FORMAT, k ? "x" : "", t->shape[k]);
        }
        fact(f, t->name, "%s, %" G_GUINT64_FORMAT " bytes", shape->str, t->size_bytes);
    }
    GHashTableIter it;
    void *key, *value;
    g_hash_table_iter_init(&it, file->metadata);
    while (g_hash_table_iter_next(&it, &key, &value)) {
        fact(f, key, "%s", (const char *)value);
    }
    st_free(file);
    return true;
}

static bool picture_facts(const char *path, struct facts *f, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_commandline_arg(path);
    struct image_info info = {0};
    if (!image_probe(file, &info, error)) {
        return false;
    }
    fact(f, "picture", "%d x %d", info.width, info.height);
    fact(f, "format", "%s, %d bits", info.format, info.meta.bits);
    if (info.meta.recipe) {
        fact(f, "recipe", "%s", info.meta.recipe);
    }
    image_meta_clear(&info.meta);
    return true;
}

static bool run(struct cli *c, GError **error)
{
    struct facts f = {.rows = g_ptr_array_new_with_free_func(g_free)};
    g_autofree char *model = paths_model(c->rest[0]);
    const bool tensors = g_str_has_suffix(c->rest[0], ".safetensors");
    bool ok = g_file_test(model, G_FILE_TEST_IS_DIR) ? model_facts(model, &f, error)
              : tensors                              ? tensor_facts(c->rest[0], &f, error)
                                                     : picture_facts(c->rest[0], &f, error);
    if (ok) {
        facts_print(&f, c->json);
    }
    g_ptr_array_unref(f.rows);
    return ok;
}

const struct cli_command cli_info = {
    .name = "info",
    .summary = "Tell what a model folder, a safetensors file or a picture is",
    .usage = "FILE|DIR",
    .options = (const char *const[]){"json", NULL},
    .needed = (const char *const[]){"rest", NULL},
    .run = run,
};
