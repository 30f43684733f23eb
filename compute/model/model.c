// A model as a whole: inspect, load, hash, and the few numbers that others ask for.

#include "compute/model/model.h"

#include "compute/model/config.h"
#include "compute/model/latent_rgb.h"
#include "compute/model/load.h"
#include "compute/model/single_file.h"
#include "compute/model/tokenizer.h"

static const char *const part_names[] = {"text_encoder", "unet", "vae"};

int model_latent_factor(const struct model *m)
{
    return 1 << (m->vae.levels - 1);
}

int model_default_size(const struct model *m)
{
    return m->unet.sample_size * model_latent_factor(m);
}

// ---- opening ------------------------------------------------------------------------------------

static bool read_tokenizer(struct model *m, GError **error)
{
    char *folder = g_build_filename(m->path, "tokenizer", NULL);
    m->tokenizer = m->layout == LAYOUT_FOLDER ? tokenizer_open(folder, NULL, error)
                                              : single_file_tokenizer(m, error);
    g_free(folder);
    if (!m->tokenizer) {
        return false;
    }
    if (tokenizer_max_id(m->tokenizer) >= m->text.vocab_size) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "%s: the tokenizer has ids up to %d, but the text encoder only knows %d",
                    m->path, tokenizer_max_id(m->tokenizer), m->text.vocab_size);
        return false;
    }
    m->text.bos_id = tokenizer_bos(m->tokenizer);
    m->text.eos_id = tokenizer_eos(m->tokenizer);
    m->text.pad_id = tokenizer_pad(m->tokenizer);
    return true;
}

// Opens the weight files of all parts and compares them with what the networks need.
static bool open_weights(struct model *m, struct weights *weights[3], GError **error)
{
    GString *report = g_string_new(NULL);
    bool ok = true;
    for (int i = 0; ok && i < 3; i++) {
        m->parts[i] = nn_part_new(part_names[i]);
        weights_list(m, i);
        weights[i] = weights_open(m, i, error);
        ok = weights[i] != NULL;
        if (ok) {
            weights_check(weights[i], report);
        }
    }
    if (ok && report->len) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    "the weights of %s do not fit its configuration: %s", m->path, report->str);
        ok = false;
    }
    g_string_free(report, TRUE);
    return ok;
}

// Everything but the weights' data; weights receives the open files.
static struct model *open_model(const char *path, struct weights *weights[3], GError **error)
{
    struct model *m = g_new0(struct model, 1);
    m->path = g_strdup(path);
    if (!config_read(m, error) || !read_tokenizer(m, error) || !latent_rgb_read(m, error) ||
        !open_weights(m, weights, error)) {
        model_free(m);
        return NULL;
    }
    return m;
}

static void free_weights(struct weights *weights[3])
{
    for (int i = 0; i < 3; i++) {
        weights_free(weights[i]);
    }
}

struct model *model_inspect(const char *path, GError **error)
{
    struct weights *weights[3] = {NULL};
    struct model *m = open_model(path, weights, error);
    free_weights(weights);
    return m;
}

static bool check_memory(const struct model *m, uint64_t need, GError **error)
{
    uint64_t have = gpu_memory_free(m->gpu);
    if (need <= have) {
        return true;
    }
    char *need_text = g_format_size_full(need, G_FORMAT_SIZE_IEC_UNITS);
    char *have_text = g_format_size_full(have, G_FORMAT_SIZE_IEC_UNITS);
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MEMORY,
                "loading %s needs %s of memory, and only %s is free", m->name, need_text,
                have_text);
    g_free(need_text);
    g_free(have_text);
    return false;
}

static bool load_parts(struct model *m, struct weights *weights[3], struct task *task,
                       GError **error)
{
    struct load_progress progress = {0};
    for (int i = 0; i < 3; i++) {
        progress.total += weights_bytes(m->parts[i]);
    }
    if (!check_memory(m, progress.total, error)) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (!weights_load(weights[i], &progress, task, error)) {
            g_prefix_error(error, "loading %s, %s: ", m->name, part_names[i]);
            return false;
        }
    }
    return true;
}

struct model *model_load(const char *path, struct gpu *gpu, struct task *task, GError **error)
{
    struct weights *weights[3] = {NULL};
    struct model *m = open_model(path, weights, error);
    if (m) {
        m->gpu = gpu;
        if (!load_parts(m, weights, task, error)) {
            g_clear_pointer(&m, model_free);
        }
    }
    free_weights(weights);
    return m;
}

void model_free(struct model *m)
{
    if (!m) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        nn_part_free(m->parts[i]);
        g_free(m->hash[i]);
    }
    tokenizer_free(m->tokenizer);
    g_free(m->name);
    g_free(m->path);
    g_free(m);
}

const char *model_hash(struct model *m, enum model_part part, struct task *task, GError **error)
{
    if (!m->hash[part]) {
        m->hash[part] = weights_hash(m, part, task, error);
    }
    return m->hash[part];
}

void model_tokenize(const struct model *m, const char *text, int32_t *ids, int *n_tokens,
                    bool *truncated)
{
    bool cut = tokenizer_encode(m->tokenizer, text, ids, m->text.max_tokens, n_tokens);
    if (truncated) {
        *truncated = cut;
    }
}
