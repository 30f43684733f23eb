// OFT and BOFT of LyCORIS (lycoris/modules/diag_oft.py, boft.py) and of kohya's scripts
// (networks/oft.py), as A1111 and ComfyUI read them, under lora_unet_<path with underscores> or
// oft_unet_. All turn outputs:
//
//   .oft_blocks (n, b, b)      Q = B - B^T, R = (I + Q)(I - Q)^-1, W' = R^T W
//   .oft_blocks (m, n, b, b)   BOFT: the same R, W' = B_m .. B_1 W, halves of a block interleaved
//   .alpha                     |Q|_F over the layer is held to alpha O; 0 or missing: to nothing
//   .rescale (O, 1, ..)        a scale for each output; (n, b, 1), of 2023: before the rotation
//   .oft_diag (n, b, b)        of 2023: R itself; of its first weeks what is added to I
//
// ComfyUI holds |Q| to alpha, not alpha O; who wrote the file is right.
#include "compute/adapter/dialect/factors_write.h"
#include "compute/adapter/dialect/rotations.h"
#include "compute/i18n.h"

#include <string.h>

#define BLOCKS ".oft_blocks"
#define DIAG   ".oft_diag"

enum { IS_BLOCKS, IS_DIAG };

// What a layer's tensors say besides the rotations.
struct extras {
    const struct st_tensor *alpha, *rescale;
    bool early; // the rescale comes before the rotation
};

static bool find_extras(struct rotations *r, const struct rotations_layer *l, struct extras *x)
{
    const struct st_tensor *t = l->tensor;
    x->alpha = rotations_sibling(r, l, ".alpha");
    x->rescale = rotations_sibling(r, l, ".rescale");
    x->early = x->rescale && x->rescale->rank == 3; // of a BOFT: of one week, not read
    return (!x->alpha || x->alpha->count == 1) &&
           (!x->rescale || x->rescale->count == orthogonal_channels(l->weight, true)) &&
           (!x->early ||
            (t->rank == 3 && x->rescale->shape[0] == t->shape[0] && x->rescale->shape[2] == 1));
}

// ---- blocks -------------------------------------------------------------------------------------

// Position k of a block of a butterfly there: the halves' channels take turns.
static int interleaved(int k, int half)
{
    return k < half ? 2 * k : 2 * (k - half) + 1;
}

// A BOFT's Q in the canonical order, and S = -Q, since R = (I + Q)(I - Q)^-1 is not transposed.
static void reorder(const struct orthogonal_form *form, float *u)
{
    const int b = form->block, half = b / 2;
    const int64_t numbers = orthogonal_block_count(form);
    g_autofree float *q = g_new0(float, (size_t)b *b);
    for (int64_t j = 0; j < (int64_t)form->blocks * form->factors; j++, u += numbers) {
        for (int x = 0, k = 0; x < b; x++) {
            for (int y = x + 1; y < b; y++, k++) {
                q[x * b + y] = u[k];
                q[y * b + x] = -u[k];
            }
        }
        for (int x = 0, k = 0; x < b; x++) {
            for (int y = x + 1; y < b; y++, k++) {
                u[k] = -q[interleaved(x, half) * b + interleaved(y, half)];
            }
        }
    }
}

static bool bound_blocks(struct rotations *r, const struct rotations_layer *l,
                         const struct st_tensor *alpha, struct adapter_param *p, GError **error)
{
    const struct orthogonal_form *form = orthogonal_form_of(p);
    const int64_t count = orthogonal_block_count(form) * form->blocks * form->factors;
    float bound = 0;
    if (alpha && !st_read_f32(alpha, &bound, true, error)) {
        return false;
    }
    // In kohya's scripts there is no way to have none.
    if (bound > 0 || (alpha && g_str_has_prefix(l->stem, "oft_unet_"))) {
        rotations_bound(p->value, count, 2,
                        MAX(bound, 0) * (double)orthogonal_channels(l->weight, true));
    }
    return true;
}

// The rotations as squares with an early rescale inside: (diag(s) R)^T = R^T diag(s).
static struct adapter_param *as_squares(struct rotations *r, const struct rotations_layer *l,
                                        const struct orthogonal_form *exact, const float *u,
                                        const float *rescale)
{
    const int b = exact->block;
    struct orthogonal_form form = *exact;
    form.cayley = CAYLEY_NONE;
    struct adapter_param *p = rotations_add(r, l, &form);
    g_autofree double *scratch = g_new(double, 2 * (size_t)b * b);
    for (int64_t j = 0; p && j < form.blocks; j++) {
        float *square = p->value + j * b * b;
        rotation_cayley(b, u + j * orthogonal_block_count(exact), 1, scratch, square);
        for (int i = 0; i < b * b; i++) {
            square[i] *= rescale[j * b + i % b];
        }
    }
    return p;
}

static bool read_blocks(struct rotations *r, const struct rotations_layer *l,
                        const struct extras *x, struct orthogonal_form *form, GError **error)
{
    const struct st_tensor *t = l->tensor;
    form->cayley = CAYLEY_EXACT;
    form->scaled = x->rescale != NULL && !x->early;
    struct adapter_param *p = rotations_add(r, l, form);
    if (!p) {
        return true;
    }
    g_autofree float *squares = rotations_numbers(t, error);
    g_autofree float *rescale = squares && x->rescale ? rotations_numbers(x->rescale, error) : NULL;
    if (!squares || (x->rescale && !rescale)) {
        return false;
    }
    rotations_triangles(squares, (int64_t)form->blocks * form->factors, form, 1, p->value);
    if (form->scaled) {
        memcpy(orthogonal_scale(p), rescale, (size_t)x->rescale->count * sizeof *rescale);
    }
    if (!bound_blocks(r, l, x->alpha, p, error)) {
        return false;
    }
    if (t->rank == 4) {
        reorder(form, p->value);
    } else if (x->early) {
        g_autofree float *u = g_memdup2(p->value, (size_t)p->count * sizeof *u);
        g_ptr_array_remove(r->a->params, p);
        as_squares(r, l, form, u, rescale);
    }
    return true;
}

// ---- rotations themselves -----------------------------------------------------------------------

// What is added to I is near 0 on the diagonal, a rotation near 1.
static bool is_added(const float *squares, int64_t n, int b)
{
    double trace = 0;
    for (int64_t j = 0; j < n; j++) {
        for (int i = 0; i < b; i++) {
            trace += squares[(j * b + i) * b + i];
        }
    }
    return trace < 0.5 * (double)n * b;
}

static bool read_diag(struct rotations *r, const struct rotations_layer *l, const struct extras *x,
                      struct orthogonal_form *form, GError **error)
{
    const int b = form->block;
    form->cayley = CAYLEY_NONE;
    form->scaled = x->rescale != NULL && !x->early;
    struct adapter_param *p = rotations_add(r, l, form);
    if (!p) {
        return true;
    }
    g_autofree float *d = rotations_numbers(l->tensor, error);
    g_autofree float *rescale = d && x->rescale ? rotations_numbers(x->rescale, error) : NULL;
    if (!d || (x->rescale && !rescale)) {
        return false;
    }
    const bool added = is_added(d, form->blocks, b);
    for (int64_t j = 0; j < form->blocks; j++) {
        for (int i = 0; i < b * b; i++) { // transposed
            const int row = i / b, column = i % b;
            const float value = d[(j * b + column) * b + row] + (added && row == column ? 1 : 0);
            p->value[j * b * b + i] = x->early ? value * rescale[j * b + column] : value;
        }
    }
    if (form->scaled) {
        memcpy(orthogonal_scale(p), rescale, (size_t)x->rescale->count * sizeof *rescale);
    }
    if (r->a->notes->len == 0) {
        adapter_note(r->a,
                     added ? _("oft_diag is read as what is added to the identity, by its diagonal")
                           : _("oft_diag is read as the rotation itself, by its diagonal"));
    }
    return true;
}

// ---- a file -------------------------------------------------------------------------------------

static bool read_layer(struct rotations *r, const struct rotations_layer *l, GError **error)
{
    const struct st_tensor *t = l->tensor;
    const int lead = t->rank - 3; // a BOFT has one dimension more
    const int64_t channels = orthogonal_channels(l->weight, true);
    struct extras x;
    const bool fits =
        find_extras(r, l, &x) && (lead == 0 || (lead == 1 && l->suffix == IS_BLOCKS)) &&
        t->shape[0] >= 1 && (lead == 0 || t->shape[0] <= 32) && t->shape[lead] >= 1 &&
        t->shape[lead] <= channels && t->shape[lead + 1] == t->shape[lead + 2] &&
        t->shape[lead + 1] <= channels && t->shape[lead] * t->shape[lead + 1] == channels &&
        (lead == 0 || t->shape[2] % 2 == 0);
    struct orthogonal_form form = {
        .outputs = true,
        .factors = fits && lead ? (int)t->shape[0] : 1,
        .blocks = fits ? (int)t->shape[lead] : 0,
        .block = fits ? (int)t->shape[lead + 1] : 0,
    };
    return l->suffix == IS_DIAG ? read_diag(r, l, &x, &form, error)
                                : read_blocks(r, l, &x, &form, error);
}

static bool lycoris_oft_detect(const struct adapter_source *s)
{
    return adapter_source_has(s, "", BLOCKS) || adapter_source_has(s, "", DIAG);
}

static struct adapter *lycoris_oft_read(const struct adapter_source *s, struct model *model,
                                        GError **error)
{
    static const char *const suffixes[] = {[IS_BLOCKS] = BLOCKS, [IS_DIAG] = DIAG, NULL};
    return rotations_read(s, model, suffixes, NULL, read_layer, error);
}

// ---- writing ------------------------------------------------------------------------------------

// A rotation itself is held where it would be read as one.
static bool lycoris_oft_holds(const struct adapter *a)
{
    struct orthogonal_form form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (!rotations_form(p, &form) || !form.outputs || form.cayley == CAYLEY_SERIES ||
            form.block * form.blocks != orthogonal_channels(p->weight, true) ||
            (form.cayley == CAYLEY_NONE && is_added(p->value, form.blocks, form.block))) {
            return false;
        }
    }
    return a->params->len > 0;
}

// Squares B with B - B^T = Q of a BOFT, in the order there.
static float *butterfly_squares(const struct adapter_param *p, const struct orthogonal_form *form)
{
    const int b = form->block, half = b / 2;
    const int64_t blocks = (int64_t)form->blocks * form->factors;
    g_autofree float *ours = rotations_squares(p, form, -1);
    float *squares = g_new0(float, blocks *b *b);
    for (int64_t j = 0; j < blocks; j++) {
        for (int x = 0; x < b; x++) {
            for (int y = 0; y < b; y++) {
                const int row = interleaved(x, half), column = interleaved(y, half);
                squares[(j * b + row) * b + column] = row < column ? -ours[(j * b + x) * b + y] : 0;
            }
        }
    }
    return squares;
}

static float *diag_squares(const struct adapter_param *p, const struct orthogonal_form *form)
{
    const int b = form->block;
    float *squares = g_new(float, (int64_t)form->blocks *b *b);
    for (int64_t j = 0; j < form->blocks; j++) {
        for (int i = 0; i < b * b; i++) {
            squares[j * b * b + i] = p->value[(j * b + i % b) * b + i / b];
        }
    }
    return squares;
}

// alpha is 0 for no bound in every reader: what it did is in the numbers.
static void write_layer(struct st_writer *w, const struct adapter_param *p)
{
    struct orthogonal_form form;
    rotations_form(p, &form);
    const bool diag = form.cayley == CAYLEY_NONE;
    const int64_t shape[] = {form.factors, form.blocks, form.block, form.block};
    const int skip = form.factors == 1;
    g_autofree char *stem = factors_flat_name(p);
    g_autofree char *name = g_strconcat(stem, diag ? DIAG : BLOCKS, NULL);
    g_autofree char *alpha = g_strconcat(stem, ".alpha", NULL);
    g_autofree char *rescale = g_strconcat(stem, ".rescale", NULL);
    g_autofree float *squares = diag               ? diag_squares(p, &form)
                                : form.factors > 1 ? butterfly_squares(p, &form)
                                                   : rotations_squares(p, &form, 0);
    st_writer_f32(w, name, 4 - skip, shape + skip, squares);
    st_writer_f32(w, alpha, 0, NULL, &(float){0});
    if (form.scaled) {
        st_writer_f32(w, rescale, p->weight->rank,
                      (int64_t[]){orthogonal_channels(p->weight, true), 1, 1, 1},
                      orthogonal_scale(p));
    }
}

extern const struct adapter_dialect lycoris_oft_dialect;

static bool lycoris_oft_write(const struct adapter *a, const char *path, struct task *task,
                              GError **error)
{
    return adapter_write_layers(a, &lycoris_oft_dialect, adapter_writer(a), write_layer, path, task,
                                error);
}

static const char *const lycoris_oft_files[] = {"lora.safetensors", NULL};

const struct adapter_dialect lycoris_oft_dialect = {
    .name = "lycoris_oft",
    .title = N_("LyCORIS OFT"),
    .summary =
        N_("Rotations of the output, as LyCORIS, kohya's scripts, A1111 and ComfyUI read them"),
    .files = lycoris_oft_files,
    .detect = lycoris_oft_detect,
    .read = lycoris_oft_read,
    .holds = lycoris_oft_holds,
    .write = lycoris_oft_write,
};
