#include "ui/cli/cli.h"

#include "compute/adapter/dialect/dialect.h"
#include "compute/file/safetensors.h"
#include "compute/model/kind.h"
#include "render/file.h"
#include "ui/core/paths.h"
#include "ui/core/plain_text.h"

#include <stdio.h>
#include <string.h>

// One thing to tell, as key and value; printed as a line or as JSON.
struct fact {
    char *key, *text;
    int64_t number; // what the JSON says where text is NULL
};
struct facts {
    GArray *rows; // struct fact
};

static void fact_clear(void *data)
{
    struct fact *fact = data;
    g_free(fact->key);
    g_free(fact->text);
}

G_GNUC_PRINTF(3, 4) static void fact(struct facts *f, const char *key, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    struct fact row = {.key = g_utf8_make_valid(key, -1), .text = g_utf8_make_valid(text, -1)};
    g_array_append_val(f->rows, row);
}

static void fact_number(struct facts *f, const char *key, int64_t number)
{
    struct fact row = {.key = g_strdup(key), .number = number};
    g_array_append_val(f->rows, row);
}

static void facts_print(const struct facts *f)
{
    for (guint i = 0; i < f->rows->len; i++) {
        const struct fact *row = &g_array_index(f->rows, struct fact, i);
        g_autofree char *key = plain_text(row->key, TEXT_MESSAGE);
        g_autofree char *text = plain_lines(row->text);
        if (row->text) {
            printf("%-24s %s\n", key, text);
        } else {
            printf("%-24s %" G_GINT64_FORMAT "\n", key, row->number);
        }
    }
}

static void facts_print_json(const struct facts *f)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    for (guint i = 0; i < f->rows->len; i++) {
        const struct fact *row = &g_array_index(f->rows, struct fact, i);
        json_builder_set_member_name(b, row->key);
        if (row->text) {
            json_builder_add_string_value(b, row->text);
        } else {
            json_builder_add_int_value(b, row->number);
        }
    }
    json_builder_end_object(b);
    cli_print_json(b);
}

static int64_t part_floats(const struct nn_part *part)
{
    int64_t n = 0;
    for (guint i = 0; i < part->weights->len; i++) {
        n += shape_count(((const struct nn_weight *)part->weights->pdata[i])->shape);
    }
    return n;
}

// With which sampler its makers showed it; an edit draws with DDIM whatever it is, by default.
static void sampler_fact(const struct model *m, struct facts *f)
{
    const struct sampler_type *s = sampler_published(&m->sched);
    g_autofree char *class = plain_text(m->sched.sampler, TEXT_NAME);
    if (s) {
        fact(f, "sampler", "%s (--scheduler %s)", s->title, s->name);
    } else if (*class) {
        fact(f, "sampler", "%s, which is none of this program's", class);
    }
}

static bool model_facts(const char *path, const char *vae, struct facts *f, GError **error)
{
    struct model *m = model_inspect_with(path, vae, error);
    if (!m) {
        return false;
    }
    static const char *const layouts[] = {[LAYOUT_FOLDER] = "folder",
                                          [LAYOUT_SD1_FILE] = "one file, Stable Diffusion 1.x",
                                          [LAYOUT_SD2_FILE] = "one file, Stable Diffusion 2.x"};
    fact(f, "model", "%s", m->name);
    fact(f, "layout", "%s", layouts[m->layout]);
    fact_number(f, "picture size", model_default_size(m));
    fact_number(f, "latent factor", model_latent_factor(m));
    if (m->unet.guidance_dim) {
        fact(f, "guidance", "an input of the network: one call a step");
    }
    fact(f, "prediction", "%s", m->sched.prediction == PREDICTION_V ? "v_prediction" : "epsilon");
    sampler_fact(m, f);
    fact_number(f, "tokens", m->text.max_tokens);
    fact_number(f, "vocabulary", m->text.vocab_size);
    for (guint i = 0; i < m->parts->len; i++) {
        const struct nn_part *part = m->parts->pdata[i];
        g_autofree char *name = g_strdelimit(g_strdup(part->name), "_", ' ');
        g_autofree char *parameters = g_strconcat(name, " parameters", NULL);
        g_autofree char *tensors = g_strconcat(name, " tensors", NULL);
        fact_number(f, parameters, part_floats(part));
        fact_number(f, tensors, part->weights->len);
        g_autofree char *file = g_strconcat(name, " file", NULL);
        g_autofree char *files = model_part_files(m, part->name);
        fact(f, file, "%s", files);
    }
    if (m->note) {
        fact(f, "note", "%s", m->note);
    }
    const char *hash = model_hash(m, MODEL_UNET, &cli_task, error);
    cli_progress_end();
    bool ok = hash != NULL;
    if (ok) {
        fact(f, "unet sha256", "%s", hash);
    }
    model_free(m);
    return ok;
}

// An adapter of any program, and of which family of models; NULL: none.
static char *adapter_text(const char *path)
{
    struct adapter_source *s = adapter_source_open(path, NULL);
    const struct weights_kind *kind = s ? weights_kind_of(s->files->pdata[0]) : NULL;
    char *text = NULL;
    if (s && (adapter_dialect_of(s) || (kind && kind->sort == SOME_ADAPTER))) {
        const char *family = adapter_source_family(s, NULL);
        text = family ? g_strdup_printf("an adapter for %s, which is none of this program's models",
                                        family)
                      : g_strdup("an adapter; --adapter takes it, and an open photo on which it "
                                 "is dropped");
    }
    adapter_source_free(s);
    return text;
}

static void kind_fact(const char *path, const struct weights_kind *kind, struct facts *f)
{
    g_autofree char *adapter = adapter_text(path);
    if (adapter) {
        fact(f, "kind", "%s", adapter);
    } else if (kind) {
        fact(f, "kind", "%s; %s", kind->what, kind->use);
    }
}

static bool tensor_facts(const char *path, struct facts *f, GError **error)
{
    struct st_file *file = st_open(path, error);
    if (!file) {
        weights_explain_pickle(path, error);
        return false;
    }
    kind_fact(path, weights_kind_of(file), f);
    fact_number(f, "tensors", file->tensors->len);
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
    fact_number(f, "width", info.width);
    fact_number(f, "height", info.height);
    fact(f, "format", "%s", info.format);
    fact_number(f, "bits", info.meta.bits);
    if (info.meta.recipe) {
        fact(f, "recipe", "%s", info.meta.recipe);
    }
    image_meta_clear(&info.meta);
    return true;
}

// A safetensors file is a whole model, or what it holds is listed.
static bool file_facts(const char *path, const char *vae, struct facts *f, GError **error)
{
    GError *fault = NULL;
    if (model_facts(path, vae, f, &fault)) {
        return true;
    }
    if (!vae && g_error_matches(fault, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED)) {
        g_error_free(fault);
        return tensor_facts(path, f, error);
    }
    g_propagate_error(error, fault);
    return false;
}

// A model, or what else a folder is.
static bool folder_facts(const char *path, const char *vae, struct facts *f, GError **error)
{
    const struct weights_kind *kind = weights_kind_of_folder(path);
    const bool adapter = !vae && !kind && adapter_looks(path, NULL);
    if (!adapter && (!kind || kind->sort == WHOLE_MODEL || vae)) {
        return model_facts(path, vae, f, error);
    }
    kind_fact(path, kind, f);
    return true;
}

static bool run(struct cli *c, GError **error)
{
    if (c->rest && c->model) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--model is told of where nothing else is named, and %s is", c->rest[0]);
        return false;
    }
    struct facts f = {.rows = g_array_new(FALSE, TRUE, sizeof(struct fact))};
    g_array_set_clear_func(f.rows, fact_clear);
    g_autofree char *path = paths_model(c->rest ? c->rest[0] : c->model);
    const bool model = !c->rest || g_file_test(path, G_FILE_TEST_IS_DIR);
    bool ok = model                        ? folder_facts(path, c->vae, &f, error)
              : st_is_file(path) || c->vae ? file_facts(path, c->vae, &f, error)
                                           : picture_facts(path, &f, error);
    if (ok && c->json) {
        facts_print_json(&f);
    } else if (ok) {
        facts_print(&f);
    }
    g_array_unref(f.rows);
    return ok;
}

const struct cli_command info_command = {
    .name = "info",
    .summary = "Tell what a model, a safetensors file or a picture is",
    .usage = "[FILE|DIR]",
    .one = true,
    .options = (const char *const[]){"model", "vae", "json", NULL},
    .run = run,
};
