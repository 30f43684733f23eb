// What LyCORIS makes beside LoCon: LoHa (.hada_w1_a ...), LoKr (.lokr_w1 ...), (IA)^3 (.weight and
// .on_input), differences of norms (.w_norm, .b_norm), whole differences (.diff, .diff_b), with
// DoRA's .dora_scale. Layers are named as kohya's scripts do.
#include "compute/adapter/dialect/factors.h"
#include "compute/adapter/dialect/factors_write.h"
#include "compute/i18n.h"

static bool lycoris_detect(const struct adapter_source *s)
{
    return source_has_role(s, "", ROLE_HADA_1A, ROLE_KRON_2T) ||
           source_has_role(s, "", ROLE_ON_INPUT, ROLE_ON_INPUT) ||
           adapter_source_has(s, "", ".w_norm");
}

static struct adapter *lycoris_read(const struct adapter_source *s, struct model *model,
                                    GError **error)
{
    return factors_read(s, model, factor_scale_one, NULL, error);
}

static const char *const lycoris_files[] = {"lycoris.safetensors", NULL};

extern const struct adapter_dialect lycoris_dialect;

// ---- writing ------------------------------------------------------------------------------------

static bool lycoris_holds(const struct adapter *a)
{
    struct update_form form;
    for (guint i = 0; i < a->params->len; i++) {
        const struct adapter_param *p = a->params->pdata[i];
        if (!factors_form(p, &form) || (form.magnitude != UPDATE_NO_AXIS && !form.blend) ||
            (form.kind == UPDATE_CHANNELS && factors_is_bias(p))) {
            return false;
        }
    }
    return a->params->len > 0;
}

// How LyCORIS splits channels (lycoris/functional/general.py, factorization()): factor -1 as evenly
// as they can be, otherwise into the factor or less, the smaller part first.
static void split_channels(int channels, int factor, int parts[2])
{
    const int most = factor < 0 ? channels : factor;
    int m = 1, n = channels;
    const int length = m + n;
    if (factor > 0 && channels % factor == 0) {
        m = factor;
        n = channels / factor;
    }
    while (m < n && !(factor > 0 && channels % factor == 0)) {
        int next = m + 1;
        while (channels % next != 0) {
            next++;
        }
        if (next + channels / next > length || next > most) {
            break;
        }
        m = next;
        n = channels / next;
    }
    parts[0] = MIN(m, n);
    parts[1] = MAX(m, n);
}

static bool is_split(const struct update_form *form, int rows, int inputs, int factor)
{
    int out[2], in[2];
    split_channels(rows, factor, out);
    split_channels(inputs, factor, in);
    return out[0] == form->rows && in[0] == form->columns;
}

static bool divides(const struct update_form *form, int rows, int inputs, int factor)
{
    return rows % factor == 0 && inputs % factor == 0 &&
           (factor == form->rows || factor == rows / form->rows) &&
           (factor == form->columns || factor == inputs / form->columns);
}

// LyCORIS makes the sizes anew from one factor, which it guesses from those of the file
// (lycoris/modules/lokr.py, make_module_from_state_dict()), and takes no other. PEFT's splits of
// few inputs are among them that it does not guess.
static bool opens_in_lycoris(const struct update_form *form, const struct nn_weight *w)
{
    const int rows = lora_outputs(w), inputs = w->shape[3];
    const int kernel = w->rank == 4 ? MAX(w->shape[1], w->shape[2]) : 1;
    const int first = MAX(form->rows, form->columns);
    const int second = MAX(MAX(rows / form->rows, inputs / form->columns), kernel);
    const int factor = is_split(form, rows, inputs, -1)      ? -1
                       : divides(form, rows, inputs, first)  ? first
                       : divides(form, rows, inputs, second) ? second
                                                             : MIN(first, second);
    return is_split(form, rows, inputs, factor);
}

static struct adapter *lycoris_fitted(const struct adapter *a)
{
    struct adapter *opened = update_unfolded(a, opens_in_lycoris);
    struct adapter *even = factors_evened(opened ? opened : a);
    if (even) {
        adapter_free(opened);
    }
    return even ? even : opened;
}

static void write_hadamard(struct st_writer *w, const struct adapter_param *p, const char *name,
                           const struct update_form *form)
{
    static const char *const names[][2] = {{".hada_w1_b", ".hada_w1_a"},
                                           {".hada_w2_b", ".hada_w2_a"}};
    const int inputs = p->weight->shape[3], columns = lora_inputs(p->weight);
    const int rows = lora_outputs(p->weight);
    const float *value = p->value;
    for (int i = 0; i < 2; i++) {
        const int rank = form->rank[i];
        g_autofree char *b = g_strconcat(name, names[i][0], NULL);
        g_autofree char *a = g_strconcat(name, names[i][1], NULL);
        g_autofree float *down = factors_channels_first(value, rank, inputs, columns / inputs);
        st_writer_f32(w, b, 2, (int64_t[]){rank, columns}, down);
        st_writer_f32(w, a, 2, (int64_t[]){rows, rank}, value + rank * columns);
        value += rank * (columns + rows);
    }
    factors_write_alpha(w, name, form->rank[0]);
}

static void write_kronecker(struct st_writer *w, const struct adapter_param *p, const char *name,
                            const struct update_form *form)
{
    const struct nn_weight *weight = p->weight;
    const int *s = weight->shape;
    const int rows = lora_outputs(weight) / form->rows, inputs = s[3] / form->columns;
    g_autofree char *w1 = g_strconcat(name, ".lokr_w1", NULL);
    g_autofree char *w2 = g_strconcat(name, ".lokr_w2", NULL);
    g_autofree float *second = factors_channels_first(p->value + form->rows * form->columns, rows,
                                                      inputs, lora_inputs(weight) / s[3]);
    st_writer_f32(w, w1, 2, (int64_t[]){form->rows, form->columns}, p->value);
    st_writer_f32(w, w2, weight->rank, (int64_t[]){rows, inputs, s[1], s[2]}, second);
    factors_write_alpha(w, name, 1); // means nothing, but LyCORIS looks for one
}

static void write_channels(struct st_writer *w, const struct adapter_param *p, const char *name,
                           const struct update_form *form)
{
    const bool conv = p->weight->rank == 4;
    const int n = form->axis == UPDATE_IN ? p->weight->shape[3] : lora_outputs(p->weight);
    g_autofree char *weight = g_strconcat(name, ".weight", NULL);
    g_autofree char *on_input = g_strconcat(name, ".on_input", NULL);
    st_writer_f32(w, weight, conv ? 4 : 1, (int64_t[]){conv ? 1 : n, n, 1, 1}, p->value);
    st_writer_f32(w, on_input, 0, NULL, &(float){form->axis == UPDATE_IN});
}

static void write_param(struct st_writer *w, const struct adapter_param *p)
{
    struct update_form form;
    g_autofree char *name = factors_flat_name(p);
    factors_form(p, &form);
    switch (form.kind) {
    case UPDATE_LOW_RANK: factors_write_flat(w, p); return;
    case UPDATE_HADAMARD: write_hadamard(w, p, name, &form); break;
    case UPDATE_KRONECKER: write_kronecker(w, p, name, &form); break;
    case UPDATE_DENSE: factors_write_dense(w, p, name); break;
    case UPDATE_CHANNELS: write_channels(w, p, name, &form); break;
    }
    factors_write_dora(w, p, name);
}

static bool lycoris_write(const struct adapter *a, const char *path, struct task *task,
                          GError **error)
{
    return adapter_write_layers(a, &lycoris_dialect, adapter_writer(a), write_param, path, task,
                                error);
}

const struct adapter_dialect lycoris_dialect = {
    .name = "lycoris",
    .title = N_("LyCORIS"),
    .summary = N_("LoHa, LoKr, DoRA and whole differences with flattened names"),
    .files = lycoris_files,
    .detect = lycoris_detect,
    .read = lycoris_read,
    .holds = lycoris_holds,
    .fitted = lycoris_fitted,
    .write = lycoris_write,
    .converts = DIALECT_LOW_RANK,
};
