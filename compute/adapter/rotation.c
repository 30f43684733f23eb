// Orthogonal fine-tuning: what oft and coft share (Qiu et al., Controlling Text-to-Image Diffusion
// by Orthogonal Finetuning, section 3).
//
//   W' = W R^T,  R = diag(R_1 .. R_n),  R_j = (I - S_j)(I + S_j)^-1,  S_j = U_j - U_j^T
//
// The parameter of a layer is the strict upper triangle of each U_j, row-major: (n, b(b-1)/2). R
// rotates what goes into the layer, so activations are rotated (x' = x R) and no weight is rebuilt.
// Strength w is S -> w S: a rotation at every value. Several adapters rotate one after another.
//
// The sign of S and the storage are those of the PEFT library with use_cayley_neumann = false; its
// other mode computes (I + S)(I - S)^-1 instead, the opposite rotation for the same numbers.
#include "compute/adapter/dialect/dialect.h"
#include "compute/adapter/private.h"
#include "compute/gpu/blas.h"
#include "compute/gpu/host.h"
#include "compute/json_file.h"
#include "compute/replace.h"

#include <math.h>
#include <string.h>

#define SUFFIX      ".oft_R.weight"
#define PEFT_PREFIX "base_model.model."

// ---- which layers -------------------------------------------------------------------------------

// The divisor of n that is nearest to wanted, the smaller one of two: PEFT's adjust_oft_parameters.
static int nearest_divisor(int n, int wanted)
{
    if (wanted >= n) {
        return n;
    }
    int above = wanted, below = wanted;
    while (n % above) {
        above++;
    }
    while (n % below) {
        below--;
    }
    return wanted - below <= above - wanted ? below : above;
}

static void add_layer(struct adapter *a, const struct nn_part *part, struct nn_weight *w,
                      int blocks, int block)
{
    if (block > 1) { // a block of one channel has nothing to turn
        adapter_add(a, part, w, (int[]){1, 1, blocks, block * (block - 1) / 2});
    }
}

bool rotation_init(struct adapter *a, GError **error)
{
    const struct nn_part *unet = model_part(a->model, MODEL_UNET);
    const int wanted_blocks = settings_int(a->settings, "blocks");
    const int wanted_size = settings_int(a->settings, "block_size");
    for (guint i = 0; i < unet->weights->len; i++) {
        struct nn_weight *w = unet->weights->pdata[i];
        if (target_has(settings_int(a->settings, "targets"), w)) {
            const int in = w->shape[3];
            const int block = wanted_size > 0 ? nearest_divisor(in, wanted_size)
                                              : in / nearest_divisor(in, wanted_blocks);
            add_layer(a, unet, w, in / block, block);
        }
    }
    return true;
}

// Channels of a block, from the parameter's shape.
static int block_size(const struct adapter_param *p)
{
    return p->weight->shape[3] / p->shape[2];
}

// ---- in a graph ---------------------------------------------------------------------------------

// The factor of a layer is the identity (1,1,b,b); layers of one block size share it, the first one
// owns it.
static struct tensor *find_identity(const struct adapter *a, int block)
{
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (p->factors && block_size(p) == block) {
            return p->factors;
        }
    }
    return NULL;
}

static struct tensor *make_identity(struct gpu *gpu, int block, GError **error)
{
    struct tensor *t = tensor_new(gpu, DTYPE_F32, (int[]){1, 1, block, block}, "identity", error);
    g_autofree float *data = g_new0(float, (int64_t)block *block);
    for (int i = 0; i < block; i++) {
        data[i * block + i] = 1;
    }
    if (t && !tensor_write(t, data, error)) {
        g_clear_pointer(&t, tensor_free);
    }
    return t;
}

bool rotation_prepare(struct adapter *a, struct task *task, GError **error)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        const int block = block_size(p);
        p->factors = find_identity(a, block);
        if (!p->factors && !(p->factors = make_identity(a->model->gpu, block, error))) {
            return false;
        }
    }
    return true;
}

void rotation_release(struct adapter *a)
{
    for (guint i = 0; i < a->params->len; i++) {
        struct adapter_param *p = a->params->pdata[i];
        struct tensor *identity = p->factors;
        for (guint k = i; k < a->params->len; k++) {
            struct adapter_param *other = a->params->pdata[k];
            other->factors = other->factors == identity ? NULL : other->factors;
        }
        tensor_free(identity);
    }
}

struct node *rotation_input(struct graph *g, const struct nn_layer *l,
                            const struct adapter_use *uses, int n, struct node *x)
{
    for (int i = 0; i < n; i++) {
        const struct adapter_param *p = uses[i].param;
        struct node *identity = graph_leaf(g, p->factors);
        struct node *s = op_skew(g, op_mul(g, uses[i].value, uses[i].scale), block_size(p));
        struct node *plus = op_add(g, s, identity);
        struct node *minus = op_add(g, op_affine(g, s, -1, 0), identity);
        struct node *r = op_solve(g, plus, minus, false); // (I + S)^-1 and (I - S) commute
        x = op_rotate(g, x, r, true);
    }
    return x;
}

// ---- merged -------------------------------------------------------------------------------------

// R of one block (b, b) from its triangle, in double; scratch is 2 b^2.
static void cayley(int b, const float *u, double scale, double *scratch, float *r)
{
    double *plus = scratch, *minus = scratch + b * b;
    memset(scratch, 0, 2 * (size_t)b * b * sizeof *scratch);
    for (int i = 0, k = 0; i < b; i++) {
        plus[i * b + i] = minus[i * b + i] = 1;
        for (int j = i + 1; j < b; j++, k++) {
            plus[i * b + j] = minus[j * b + i] = scale * u[k];
            plus[j * b + i] = minus[i * b + j] = -scale * u[k];
        }
    }
    g_autofree lapack_int *pivots = g_new(lapack_int, b);
    blas()->LAPACKE_dgesv(LAPACK_ROW_MAJOR, b, b, plus, b, pivots, minus, b);
    for (int i = 0; i < b * b; i++) {
        r[i] = (float)minus[i];
    }
}

struct rotate {
    const struct adapter_param *param;
    double scale;
    const float *from; // (rows, columns)
    float *to;
};

// Block j of the columns: W'_j = W_j R_j^T.
static void rotate_blocks(int64_t begin, int64_t end, void *data)
{
    const struct rotate *t = data;
    const struct adapter_param *p = t->param;
    const int columns = p->weight->shape[3], b = block_size(p);
    const int rows = (int)(shape_count(p->weight->shape) / columns);
    g_autofree double *scratch = g_new(double, 2 * b * b);
    g_autofree float *r = g_new(float, b *b);
    for (int64_t j = begin; j < end; j++) {
        cayley(b, p->value + j * p->shape[3], t->scale, scratch, r);
        host_gemm_serial(false, true, rows, b, b, 1, t->from + j * b, columns, r, b, 0,
                         t->to + j * b, columns);
    }
}

// x R_1 R_2 W^T = x (W R_2^T R_1^T)^T: the last rotation of the input is the first of the weight.
bool rotation_merge(const struct adapter_param *const *params, const double *scales, int n,
                    const struct svd *svd, float *weight, GError **error)
{
    const int64_t count = shape_count(params[0]->weight->shape);
    for (int i = n - 1; i >= 0; i--) {
        if (scales[i] == 0) {
            continue; // R = I, and the weight stays as it is to the last bit
        }
        g_autofree float *from = g_memdup2(weight, (size_t)count * sizeof *from);
        struct rotate task = {params[i], scales[i], from, weight};
        host_parallel(params[i]->shape[2], 1, rotate_blocks, &task);
    }
    return true;
}

// ---- reading ------------------------------------------------------------------------------------

#define OFFICIAL_SUFFIX "_oft.R"

// Whether the numbers mean (I - S)(I + S)^-1. Files that say nothing come from programs whose
// default is the other sign.
static bool is_minus_form(const struct st_file *file)
{
    if (g_hash_table_contains(file->metadata, "tincture.method")) {
        return true;
    }
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_autofree char *config = g_build_filename(folder, "adapter_config.json", NULL);
    g_autoptr(JsonNode) root = json_file_read(config, JSON_NODE_OBJECT, config, NULL);
    return root && !json_object_get_boolean_member_with_default(json_node_get_object(root),
                                                                "use_cayley_neumann", true);
}

// (n or 1, b(b-1)/2) for a layer of n b inputs; a single row is one block that all share.
static bool load_triangles(struct adapter *a, const struct st_tensor *t, const struct nn_part *part,
                           struct nn_weight *w, bool minus, GError **error)
{
    const int in = w->shape[3];
    const int block = t->rank == 2 ? (int)lround((1 + sqrt(1 + 8.0 * (double)t->shape[1])) / 2) : 0;
    if (block < 2 || in % block || (int64_t)block * (block - 1) / 2 != t->shape[1] ||
        (t->shape[0] != 1 && t->shape[0] != in / block)) {
        adapter_unmatched(a, t->name);
        return true;
    }
    struct adapter_param *p = adapter_add(a, part, w, (int[]){1, 1, in / block, (int)t->shape[1]});
    if (!st_read_f32(t, p->value, true, error)) {
        return false;
    }
    for (int64_t i = t->count; i < p->count; i++) {
        p->value[i] = p->value[i - t->count];
    }
    // (I + S)(I - S)^-1 is the minus form of -S. The truncated series that such programs use in its
    // place is off by the fourth power of S.
    for (int i = 0; !minus && i < p->count; i++) {
        p->value[i] = -p->value[i];
    }
    return true;
}

// The official code's (n, b, b): S = (D - D^T) / 2, minus form.
static bool load_squares(struct adapter *a, const struct st_tensor *t, const struct nn_part *part,
                         struct nn_weight *w, GError **error)
{
    const int in = w->shape[3], blocks = t->rank == 3 ? (int)MIN(t->shape[0], in) : 0;
    const int b = blocks ? in / blocks : 0;
    if (b < 2 || blocks * b != in || t->shape[1] != b || t->shape[2] != b) {
        adapter_unmatched(a, t->name);
        return true;
    }
    g_autofree float *d = g_new(float, t->count);
    if (!st_read_f32(t, d, true, error)) {
        return false;
    }
    struct adapter_param *p = adapter_add(a, part, w, (int[]){1, 1, blocks, b * (b - 1) / 2});
    float *u = p->value;
    for (const float *block = d; block < d + t->count; block += b * b) {
        for (int i = 0; i < b; i++) {
            for (int j = i + 1; j < b; j++) {
                *u++ = 0.5f * (block[i * b + j] - block[j * b + i]);
            }
        }
    }
    return true;
}

// Layer path of "....attn1.processor.to_q_oft.R" or "base_model.model.<path>.oft_R.weight"; NULL
// where the name holds none: the prefix may take a part of the suffix with it, and nothing at all
// may be left between them.
static char *layer_path(const char *name, bool official)
{
    const char *start =
        !official && g_str_has_prefix(name, PEFT_PREFIX) ? name + strlen(PEFT_PREFIX) : name;
    const size_t length = strlen(start), suffix = strlen(official ? OFFICIAL_SUFFIX : SUFFIX);
    if (length <= suffix) {
        return NULL;
    }
    g_autofree char *stem = g_strndup(start, length - suffix);
    if (!official) {
        return g_steal_pointer(&stem);
    }
    g_auto(GStrv) halves = g_strsplit(stem, ".processor.", 2);
    const bool out = g_strcmp0(halves[1], "to_out") == 0;
    return g_strconcat(halves[0], ".", halves[1] ? halves[1] : "", out ? ".0" : "", NULL);
}

bool rotation_load(struct adapter *a, const struct st_file *file, GError **error)
{
    const bool minus = is_minus_form(file);
    for (guint i = 0; i < file->tensors->len; i++) {
        const struct st_tensor *t = file->tensors->pdata[i];
        const bool official = g_str_has_suffix(t->name, OFFICIAL_SUFFIX);
        const struct nn_part *part = NULL;
        struct nn_weight *w = NULL;
        if (official || g_str_has_suffix(t->name, SUFFIX)) {
            g_autofree char *path = layer_path(t->name, official);
            w = path ? adapter_layer(a->model, path, &part) : NULL;
        }
        if (!w || !target_is_matrix(w) || adapter_param_of(a, w)) {
            adapter_unmatched(a, t->name);
        } else if (!(official ? load_squares(a, t, part, w, error)
                              : load_triangles(a, t, part, w, minus, error))) {
            return false;
        }
    }
    return true;
}

// ---- writing ------------------------------------------------------------------------------------

static bool write_tensors(const struct adapter *a, const char *path, struct task *task,
                          GError **error)
{
    struct st_writer *w = adapter_writer(a);
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        g_autofree char *name = g_strconcat(PEFT_PREFIX, p->path, SUFFIX, NULL);
        st_writer_f32(w, name, 2, (int64_t[]){p->shape[2], p->shape[3]}, p->value);
    }
    const bool ok = st_writer_save(w, path, task, error);
    st_writer_free(w);
    return ok;
}

// What PEFT needs to know. coft is false even for a coft adapter: its bound is kept by the numbers
// themselves, and PEFT's own bound lacks the factor b^2 and would cut them.
static bool write_config(const struct adapter *a, const char *path, GError **error)
{
    const int size = settings_int(a->settings, "block_size"),
              blocks = settings_int(a->settings, "blocks");
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_add_string_value(json_builder_set_member_name(b, "peft_type"), "OFT");
    json_builder_add_int_value(json_builder_set_member_name(b, "r"), size > 0 ? 0 : blocks);
    json_builder_add_int_value(json_builder_set_member_name(b, "oft_block_size"), size);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "use_cayley_neumann"), FALSE);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "coft"), FALSE);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "block_share"), FALSE);
    json_builder_add_boolean_value(json_builder_set_member_name(b, "fan_in_fan_out"), FALSE);
    json_builder_add_double_value(json_builder_set_member_name(b, "module_dropout"), 0);
    json_builder_add_string_value(json_builder_set_member_name(b, "bias"), "none");
    json_builder_add_boolean_value(json_builder_set_member_name(b, "inference_mode"), TRUE);
    json_builder_begin_array(json_builder_set_member_name(b, "target_modules"));
    for (guint i = 0; i < a->params->len; i++) {
        json_builder_add_string_value(b, ((const struct adapter_param *)a->params->pdata[i])->path);
    }
    json_builder_end_object(json_builder_end_array(b));

    g_autoptr(JsonNode) root = json_builder_get_root(b);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_pretty(generator, TRUE);
    json_generator_set_root(generator, root);
    gsize length;
    g_autofree char *text = json_generator_to_data(generator, &length);
    struct replacement *r = replacement_new(path, error);
    const bool ok = r && replacement_write(r, text, length, error) && replacement_sync(r, error) &&
                    replacement_commit(r, error);
    replacement_free(r);
    if (!ok) {
        g_prefix_error(error, "could not save %s: ", path);
    }
    return ok;
}

const char *const rotation_files[] = {"adapter_model.safetensors", "adapter_config.json", NULL};

bool rotation_save(const struct adapter *a, const char *path, struct task *task, GError **error)
{
    if (g_str_has_suffix(path, ".safetensors")) {
        return write_tensors(a, path, task, error);
    }
    g_autofree char *tensors = g_build_filename(path, rotation_files[0], NULL);
    g_autofree char *config = g_build_filename(path, rotation_files[1], NULL);
    return write_tensors(a, tensors, task, error) && write_config(a, config, error);
}
