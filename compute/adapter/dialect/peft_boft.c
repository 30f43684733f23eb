// BOFT as the PEFT library keeps it (src/peft/tuners/boft/layer.py): .boft_R (factors, n, b, b),
// S = (D - D^T) / 2, R = (I - S)(I + S)^-1, and .boft_s, a scale for each output:
//
//   W' = diag(s) W (B_m .. B_1)^T,  B_i = P_i diag(R_i1 .. R_in) P_i^T
//
// on inputs, those of a convolution as (I, ky, kx). The permutations are not in the file: they are
// orthogonal.c's.
#include "compute/adapter/dialect/peft_config.h"
#include "compute/adapter/dialect/rotations.h"
#include "compute/i18n.h"

#include <string.h>

#define SUFFIX ".boft_R"
#define SCALE  ".boft_s"

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    const struct st_tensor *t = l->tensor, *scale = rotations_sibling(r, l, SCALE);
    const int64_t channels = orthogonal_channels(l->weight, false);
    const bool fits = t->rank == 4 && t->shape[0] >= 1 && t->shape[0] <= 32 && t->shape[1] >= 1 &&
                      t->shape[1] <= channels && t->shape[2] <= channels &&
                      t->shape[2] == t->shape[3] && t->shape[1] * t->shape[2] == channels &&
                      (!scale || scale->count == orthogonal_channels(l->weight, true));
    g_autofree float *scales = NULL;
    if (fits && !rotations_scale(scale, &scales, error)) {
        return false;
    }
    const struct orthogonal_form form = {
        .cayley = CAYLEY_EXACT,
        .scaled = scales != NULL,
        .factors = fits ? (int)t->shape[0] : 0,
        .blocks = fits ? (int)t->shape[1] : 0,
        .block = fits ? (int)t->shape[2] : 0,
    };
    struct adapter_param *p = rotations_add(r, l, &form);
    if (!p) {
        return true;
    }
    g_autofree float *squares = rotations_numbers(t, error);
    if (!squares) {
        return false;
    }
    if (scales) {
        memcpy(orthogonal_scale(p), scales, (size_t)scale->count * sizeof *scales);
    }
    rotations_triangles(squares, t->shape[0] * t->shape[1], &form, 0.5f, p->value);
    return true;
}

static bool peft_boft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SUFFIX);
}

static struct adapter *peft_boft_read(const struct adapter_source *s, struct model *model,
                                      GError **error)
{
    static const char *const suffixes[] = {SUFFIX, NULL}, *const types[] = {"BOFT", NULL};
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    struct adapter *a = peft_config_check_source(s, types, notes, error)
                            ? rotations_read(s, model, suffixes, NULL, read_layer, error)
                            : NULL;
    adapter_note_all(a, notes);
    return a;
}

// ---- writing ------------------------------------------------------------------------------------

// All layers' blocks of one size and as many factors, as the configuration has one number of each.
static bool peft_boft_holds(const struct adapter *a)
{
    struct orthogonal_form first = {0}, form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (!rotations_form(p, &form) || form.outputs || form.cayley != CAYLEY_EXACT ||
            form.block * form.blocks != orthogonal_channels(p->weight, false)) {
            return false;
        }
        first = i == 0 ? form : first;
        if (form.block != first.block || form.factors != first.factors) {
            return false;
        }
    }
    return a->params->len > 0;
}

static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    struct orthogonal_form form;
    rotations_form(p, &form);
    const int64_t outputs = orthogonal_channels(p->weight, true);
    const bool conv = p->weight->rank == 4; // its scale is a row there
    g_autofree char *name = g_strconcat("base_model.model.", adapter_peft_path(p), SUFFIX, NULL);
    g_autofree char *scale_name =
        g_strconcat("base_model.model.", adapter_peft_path(p), SCALE, NULL);
    g_autofree float *squares = rotations_squares(p, &form, -1);
    g_autofree float *scale = g_new(float, outputs);
    for (int64_t o = 0; o < outputs; o++) {
        scale[o] = form.scaled ? orthogonal_scale(p)[o] : 1;
    }
    st_writer_f32(w, name, 4, (int64_t[]){form.factors, form.blocks, form.block, form.block},
                  squares);
    st_writer_f32(w, scale_name, 2, (int64_t[]){conv ? 1 : outputs, conv ? outputs : 1}, scale);
}

extern const struct adapter_dialect peft_boft_dialect;

static bool peft_boft_write(const struct adapter *a, const char *path, struct task *task,
                            GError **error)
{
    const bool ok = adapter_write_layers(a, &peft_boft_dialect, adapter_writer(a), write_layer,
                                         path, task, error);
    if (!ok || g_str_has_suffix(path, ".safetensors")) {
        return ok;
    }
    struct orthogonal_form form;
    rotations_form(a->params->pdata[0], &form); // of all layers, as peft_boft_holds() says
    g_autoptr(JsonBuilder) b = rotations_config_begin(a, "BOFT");
    json_builder_add_int_value(json_builder_set_member_name(b, "boft_block_size"), form.block);
    json_builder_add_int_value(json_builder_set_member_name(b, "boft_block_num"), 0);
    json_builder_add_int_value(json_builder_set_member_name(b, "boft_n_butterfly_factor"),
                               form.factors);
    json_builder_add_double_value(json_builder_set_member_name(b, "boft_dropout"), 0);
    return rotations_config_end(b, path, error);
}

static const char *const peft_boft_files[] = {"adapter_model.safetensors", "adapter_config.json",
                                              NULL};

const struct adapter_dialect peft_boft_dialect = {
    .name = "peft_boft",
    .title = N_("PEFT BOFT"),
    .summary = N_("Rotations of the input by butterflies, with a scale for each output"),
    .files = peft_boft_files,
    .detect = peft_boft_detect,
    .read = peft_boft_read,
    .holds = peft_boft_holds,
    .write = peft_boft_write,
};
