// OFT as its authors' code keeps it (oft-db and oft-t2i, oft_utils/attention_processor.py):
// [unet.]<attention>.processor.to_q_oft.R, squares D (n, b, b), or one (b, b) that all blocks
// share; S = (D - D^T) / 2, W' = W R^T with R = (I - S)(I + S)^-1. Beside it lie sizes that say
// nothing more and, where oft_is_coft is 1, oft_eps: |D|_F of a block is held to eps b^2 / sqrt(n).
#include "compute/adapter/dialect/rotations.h"

#include "compute/i18n.h"

#include <math.h>

#define SUFFIX    "_oft.R"
#define PROCESSOR ".processor."

static bool read_bound(struct rotations *r, const struct rotations_layer *l, double *eps,
                       GError **error)
{
    const struct st_tensor *value = rotations_sibling(r, l, "_oft.oft_eps"),
                           *on = rotations_sibling(r, l, "_oft.oft_is_coft");
    rotations_sibling(r, l, "_oft.cross_attention_dim");
    rotations_sibling(r, l, "_oft.hidden_size");
    *eps = INFINITY;
    if (!value || !on || value->count != 1 || on->count != 1) {
        return true;
    }
    float flag, number;
    if (!st_read_f32(on, &flag, true, error) || !st_read_f32(value, &number, true, error)) {
        return false;
    }
    *eps = flag == 1 ? number : INFINITY;
    return true;
}

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    const struct st_tensor *t = l->tensor;
    const int in = orthogonal_channels(l->weight, false);
    const int64_t rows = t->rank == 2 ? 1 : t->rank == 3 ? t->shape[0] : 0;
    const int block = t->rank >= 2 ? (int)MIN(t->shape[t->rank - 1], in) : 0;
    struct orthogonal_form form = {.factors = 1, .cayley = CAYLEY_EXACT};
    form.blocks = block > 0 && in % block == 0 ? in / block : 0;
    const bool fits = rows > 0 && t->shape[t->rank - 1] == block &&
                      t->shape[t->rank - 2] == block && (t->rank == 2 || rows == form.blocks);
    form.block = fits ? block : 0;
    struct adapter_param *p = rotations_add(r, l, &form);
    if (!p) {
        return true;
    }
    double eps;
    g_autofree float *squares = rotations_numbers(t, error);
    if (!squares || !read_bound(r, l, &eps, error)) {
        return false;
    }
    const int64_t size = (int64_t)block * block;
    for (int64_t j = 0; j < rows; j++) {
        rotations_bound(squares + j * size, size, 1, eps * (double)size / sqrt((double)rows));
    }
    rotations_triangles(squares, rows, &form, 0.5f, p->value);
    return true;
}

static bool official_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SUFFIX);
}

// "....attn1.to_out.0" of "....attn1.processor.to_out"
static char *layer_path(const char *stem)
{
    g_auto(GStrv) halves = g_strsplit(stem, PROCESSOR, 2);
    return g_strv_length(halves) < 2
               ? g_strdup(stem)
               : g_strconcat(halves[0], ".", halves[1],
                             g_str_equal(halves[1], "to_out") ? ".0" : "", NULL);
}

static struct adapter *official_oft_read(const struct adapter_source *s, struct model *model,
                                         GError **error)
{
    static const char *const suffixes[] = {SUFFIX, NULL};
    return rotations_read(s, model, suffixes, layer_path, read_layer, error);
}

// ---- writing ------------------------------------------------------------------------------------

// The name of a projection of an attention, and of that; NULL: the layer is none.
static char *tensor_stem(const char *path)
{
    static const char *const projections[] = {"to_q", "to_k", "to_v", "to_out.0"};
    const char *dot = g_strrstr(path, ".to_");
    for (size_t i = 0; dot && i < G_N_ELEMENTS(projections); i++) {
        if (g_str_equal(dot + 1, projections[i])) {
            g_autofree char *attention = g_strndup(path, (size_t)(dot - path));
            return g_strdup_printf("%s" PROCESSOR "%.*s_oft.", attention, i == 3 ? 6 : 4, dot + 1);
        }
    }
    return NULL;
}

static bool official_oft_holds(const struct adapter *a)
{
    struct orthogonal_form form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *stem = tensor_stem(p->path);
        if (!stem || p->weight->rank != 2 || !rotations_form(p, &form) || form.outputs ||
            form.scaled || form.factors != 1 || form.cayley != CAYLEY_EXACT ||
            form.block * form.blocks != orthogonal_channels(p->weight, false)) {
            return false;
        }
    }
    return a->params->len > 0;
}

static void write_number(struct st_writer *w, const char *stem, const char *name, int value)
{
    g_autofree char *full = g_strconcat(stem, name, NULL);
    st_writer_i32(w, full, 0, NULL, &(int32_t){value});
}

extern const struct adapter_dialect official_oft_dialect;

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    struct orthogonal_form form;
    rotations_form(p, &form);
    g_autofree float *squares = rotations_squares(p, &form, -1);
    g_autofree char *stem = tensor_stem(p->path);
    g_autofree char *name = g_strconcat(stem, "R", NULL), *eps = g_strconcat(stem, "oft_eps", NULL);
    st_writer_f32(w, name, 3, (int64_t[]){form.blocks, form.block, form.block}, squares);
    write_number(w, stem, "cross_attention_dim", orthogonal_channels(p->weight, false));
    write_number(w, stem, "hidden_size", orthogonal_channels(p->weight, true));
    write_number(w, stem, "oft_is_coft", 0);
    st_writer_f32(w, eps, 0, NULL, &(float){0});
}

static bool official_oft_write(const struct adapter *a, const char *path, struct task *task,
                               GError **error)
{
    return adapter_write_layers(a, &official_oft_dialect, adapter_writer(a), write_layer, path,
                                task, error);
}

static const char *const official_oft_files[] = {"pytorch_oft_weights.safetensors", NULL};

const struct adapter_dialect official_oft_dialect = {
    .name = "official_oft",
    .title = N_("OFT, the authors' code"),
    .summary = N_("Rotations of the input, each as a whole square"),
    .files = official_oft_files,
    .detect = official_oft_detect,
    .read = official_oft_read,
    .holds = official_oft_holds,
    .write = official_oft_write,
};
