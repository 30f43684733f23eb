// OFT as the PEFT library kept it up to 0.15 (src/peft/tuners/oft/layer.py): squares D (n or 1, b,
// b), one where all blocks share it, S = (D - D^T) / 2 and R = (I - S)(I + S)^-1.
//
//   0.7 to 0.13   .oft_r          W' = R^T W: outputs; the last block is cut at the last of them
//   0.14, 0.15    .oft_r, .oft_s  W' = diag(s) W R^T: inputs, a convolution's as (I, ky, kx)
//
// With coft in adapter_config.json |D|_F of a block is held to eps ceil(O / n)^2 / sqrt(blocks in
// the file), where O are the outputs in both.
#include "compute/adapter/dialect/peft_config.h"
#include "compute/adapter/dialect/rotations.h"
#include "compute/i18n.h"

#include <math.h>
#include <string.h>

#define SUFFIX ".oft_r"
#define SCALE  ".oft_s"

static bool is_input_side(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SCALE) ||
           (s->config && json_object_has_member(json_node_get_object(s->config), "oft_block_size"));
}

static void bound_squares(const struct rotations *r, const struct rotations_layer *l,
                          const struct orthogonal_form *form, float *squares)
{
    if (!rotations_config_bool(r->source, "coft", false)) {
        return;
    }
    const int64_t have = l->tensor->shape[0], size = (int64_t)form->block * form->block;
    const int outputs = orthogonal_channels(l->weight, true);
    const double width = ceil((double)outputs / form->blocks);
    const double eps = rotations_config_number(r->source, "eps", 6e-5);
    for (int64_t j = 0; j < have; j++) {
        rotations_bound(squares + j * size, size, 1,
                        eps * (form->outputs ? (double)size : width * width) / sqrt((double)have));
    }
}

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    const struct st_tensor *t = l->tensor;
    const struct st_tensor *scale = rotations_sibling(r, l, SCALE);
    const bool outputs = !is_input_side(r->source);
    const int channels = orthogonal_channels(l->weight, outputs);
    const int block = t->rank == 3 ? (int)MIN(t->shape[1], ORTHOGONAL_MAX_BLOCK + 1) : 0;
    struct orthogonal_form form = {.outputs = outputs, .factors = 1, .cayley = CAYLEY_EXACT};
    form.blocks = block > 0 ? (channels + block - 1) / block : 0;
    const bool fits = block > 0 && t->shape[2] == block &&
                      (t->shape[0] == 1 || t->shape[0] >= form.blocks) &&
                      (outputs || form.blocks * block == channels) &&
                      (!scale || scale->count == orthogonal_channels(l->weight, true));
    g_autofree float *scales = NULL;
    if (fits && !rotations_scale(scale, &scales, error)) {
        return false;
    }
    form.block = fits ? block : 0;
    form.scaled = scales != NULL;
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
    bound_squares(r, l, &form, squares);
    // R^T = R(-S)
    rotations_triangles(squares, t->shape[0], &form, outputs ? -0.5f : 0.5f, p->value);
    return true;
}

static bool peft_old_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", SUFFIX);
}

static struct adapter *peft_old_oft_read(const struct adapter_source *s, struct model *model,
                                         GError **error)
{
    static const char *const suffixes[] = {SUFFIX, NULL}, *const types[] = {"OFT", NULL};
    g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
    struct adapter *a = peft_config_check_source(s, types, notes, error)
                            ? rotations_read(s, model, suffixes, NULL, read_layer, error)
                            : NULL;
    adapter_note_all(a, notes);
    if (a && !s->config) {
        adapter_note(a, is_input_side(s)
                            ? _("read as rotations of the layers' inputs without a bound, as "
                                "adapter_config.json is not beside it")
                            : _("read as rotations of the layers' outputs without a bound, as "
                                "adapter_config.json is not beside it"));
    }
    return a;
}

static const char *const peft_old_oft_files[] = {"adapter_model.safetensors", NULL};

extern const struct adapter_dialect peft_old_oft_dialect;
const struct adapter_dialect peft_old_oft_dialect = {
    .name = "peft_old_oft",
    .title = N_("PEFT OFT, up to 0.15"),
    .summary = N_("Rotations of the output, later of the input with a scale, as whole squares"),
    .files = peft_old_oft_files,
    .detect = peft_old_oft_detect,
    .read = peft_old_oft_read,
};
