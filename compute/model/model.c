// A model as a whole: inspect, load, hash, and the few numbers that others ask for.

#include "compute/model/model.h"

#include "compute/i18n.h"
#include "compute/model/config.h"
#include "compute/model/latent_rgb.h"
#include "compute/model/load.h"
#include "compute/model/part.h"
#include "compute/model/single_file.h"
#include "compute/model/tiny.h"
#include "compute/model/tokenizer.h"
#include "compute/model/vae_source.h"

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
    tokenizer_limit(m->tokenizer, m->text.vocab_size);
    if (tokenizer_max_id(m->tokenizer) >= m->text.vocab_size) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("%s: the tokenizer has ids up to %d, but the text encoder only knows %d"),
                    m->path, tokenizer_max_id(m->tokenizer), m->text.vocab_size);
        return false;
    }
    m->text.bos_id = tokenizer_bos(m->tokenizer);
    m->text.eos_id = tokenizer_eos(m->tokenizer);
    m->text.pad_id = tokenizer_pad(m->tokenizer);
    return true;
}

// Words that fall into letters give other pictures, and no word of why.
static void note_tokenizer(struct model *m)
{
    const int unmade = tokenizer_unmade(m->tokenizer);
    if (unmade == 0) {
        return;
    }
    g_autofree char *before = m->note;
    g_autofree char *lead =
        before ? g_strconcat(before, "; ", NULL) : g_strconcat(m->path, ": ", NULL);
    m->note =
        g_strdup_printf(_("%sno merge of its tokenizer makes %d of its words, which are read as "
                          "letters: the list of merges may be cut short"),
                        lead, unmade);
}

// A part of the kind, with the list of what it needs.
static struct nn_part *add_part(struct model *m, const struct part_kind *kind)
{
    struct graph *g = graph_new();
    struct nn nn = {.g = g, .part = nn_part_new(kind->name), .dry = true};
    kind->list(&nn, m);
    graph_free(g);
    g_ptr_array_add(m->parts, nn.part);
    return nn.part;
}

// Opens the weight files of all parts, in their order, and compares them with what the networks
// need.
static bool open_weights(struct model *m, GPtrArray *weights, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL), notes = g_string_new(NULL);
    for (const struct part_kind *kind = part_kinds; kind->name; kind++) {
        if (kind->in && !kind->in(m)) {
            continue;
        }
        struct weights *w = weights_open(m, add_part(m, kind), error);
        if (!w) {
            return false;
        }
        g_ptr_array_add(weights, w);
        weights_check(w, report, notes);
    }
    if (report->len) {
        g_string_append_printf(report, "%s%s", notes->len ? "; " : "", notes->str);
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_MISMATCH,
                    _("the weights of %s do not fit its configuration: %s"), m->path, report->str);
        return false;
    }
    m->note = notes->len
                  ? g_strdup_printf(_("%s: tensors that were left alone: %s"), m->path, notes->str)
                  : NULL;
    return true;
}

// Everything but the weights' data; weights (struct weights *) receives the open files.
static struct model *open_model(const char *path, const char *vae, GPtrArray *weights,
                                GError **error)
{
    struct model *m = g_new0(struct model, 1);
    m->path = g_strdup(path);
    m->parts = g_ptr_array_new_with_free_func((GDestroyNotify)nn_part_free);
    m->embedded = g_array_new(FALSE, FALSE, sizeof(float));
    if ((vae && !vae_source_find(&m->vae_from, vae, error)) || !config_read(m, error) ||
        !tiny_find(m, error) || !read_tokenizer(m, error) ||
        (!m->vae_from.path && !latent_rgb_read(m, error)) || !open_weights(m, weights, error)) {
        model_free(m);
        return NULL;
    }
    note_tokenizer(m);
    return m;
}

static GPtrArray *new_weights(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)weights_free);
}

struct model *model_inspect_with(const char *path, const char *vae, GError **error)
{
    g_autoptr(GPtrArray) weights = new_weights();
    return open_model(path, vae, weights, error);
}

struct model *model_inspect(const char *path, GError **error)
{
    return model_inspect_with(path, NULL, error);
}

static bool load_parts(struct model *m, GPtrArray *weights, struct task *task, GError **error)
{
    struct load_progress progress = {0};
    for (guint i = 0; i < weights->len; i++) {
        progress.total += weights_bytes(weights->pdata[i], m->gpu);
    }
    if (!weights_check_memory(m->gpu, m->name, progress.total, error)) {
        return false;
    }
    for (guint i = 0; i < weights->len; i++) {
        const struct weights *w = weights->pdata[i];
        if (!weights_load(w, m->gpu, &progress, task, error)) {
            g_prefix_error(error, _("loading %s, %s: "), m->name, w->part->name);
            return false;
        }
    }
    return true;
}

struct model *model_load_with(const char *path, const char *vae, struct gpu *gpu, struct task *task,
                              GError **error)
{
    g_autoptr(GPtrArray) weights = new_weights();
    struct model *m = open_model(path, vae, weights, error);
    if (m) {
        m->gpu = gpu;
        if (!load_parts(m, weights, task, error)) {
            g_clear_pointer(&m, model_free);
        }
    }
    return m;
}

struct model *model_load(const char *path, struct gpu *gpu, struct task *task, GError **error)
{
    return model_load_with(path, NULL, gpu, task, error);
}

void model_free(struct model *m)
{
    if (!m) {
        return;
    }
    g_ptr_array_unref(m->parts);
    tokenizer_free(m->tokenizer);
    g_array_unref(m->embedded);
    g_free(m->sched.trained_betas);
    g_free(m->name);
    g_free(m->path);
    g_free(m->note);
    g_free(m->tiny_path);
    vae_source_clear(&m->vae_from);
    g_free(m);
}

struct nn_part *model_part(const struct model *m, const char *name)
{
    return nn_part_named(m->parts, name);
}

const char *model_hash(struct model *m, const char *part, struct task *task, GError **error)
{
    struct nn_part *p = model_part(m, part);
    if (!p->hash) {
        p->hash = weights_hash(m, part, task, error);
    }
    return p->hash;
}

const char *model_known_hash(struct model *m, const char *part)
{
    g_autoptr(GCancellable) at_once = g_cancellable_new();
    g_cancellable_cancel(at_once);
    struct task task = {.cancellable = at_once};
    return model_hash(m, part, &task, NULL);
}

void model_tokenize(const struct model *m, const char *text, int32_t *ids, int *n_tokens,
                    bool *truncated)
{
    bool cut = tokenizer_encode(m->tokenizer, text, ids, m->text.max_tokens, n_tokens);
    if (truncated) {
        *truncated = cut;
    }
}
