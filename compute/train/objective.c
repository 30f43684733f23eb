// What objectives share: picking and drawing samples, leaves and inputs of their own, the plain
// loss.
#include "compute/train/private.h"

#include "compute/i18n.h"

#include <math.h>
#include <string.h>

const struct objective *objective_chosen(const struct settings *s)
{
    const family_fn family = settings_find(s, "objective", NULL)->family;
    return (const struct objective *)family_find(family, settings_choice(s, "objective"));
}

static int role_count(const struct train_data *d, enum train_role role)
{
    int n = 0;
    for (int i = 0; i < d->count; i++) {
        n += d->samples[i].role == role;
    }
    return n;
}

bool train_need_role(const struct objective_run *run, enum train_role role, GError **error)
{
    static const char *const what[] = {N_("of what is to be learned"), N_("of its class"),
                                       N_("that show what is drawn"),
                                       N_("that show how it is drawn")};
    if (role_count(&run->data, role) > 0) {
        return true;
    }
    g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                _("\"%s\" needs pictures %s, and there are none"),
                translated(run->objective->title), _(what[role]));
    return false;
}

int train_pick(const struct objective_run *run, struct rng *rng, enum train_role role)
{
    int left = rng_below(rng, role_count(&run->data, role)), i = 0;
    while (run->data.samples[i].role != role || left-- > 0) {
        i++;
    }
    return i;
}

// min(SNR, gamma) / SNR for epsilon, / (SNR + 1) for v (Hang et al., Efficient Diffusion Training
// via Min-SNR Weighting Strategy, section 3.4), with SNR = alpha / (1 - alpha).
static double snr_weight(const struct objective_run *run, int timestep)
{
    const double alpha = noise_schedule_alpha(&run->schedule, timestep);
    if (run->min_snr == 0 || alpha <= 0) { // no signal at all: the limit for v is 0, for epsilon 1
        return run->min_snr == 0 || run->schedule.prediction != PREDICTION_V;
    }
    const double snr = alpha / fmax(1 - alpha, 1e-12);
    const bool v = run->schedule.prediction == PREDICTION_V;
    return fmin(snr, run->min_snr) / (v ? snr + 1 : snr);
}

void train_row_draw(const struct objective_run *run, struct rng *rng, int sample,
                    struct train_row *row)
{
    const struct train_data *d = &run->data;
    const struct train_sample *s = &d->samples[sample];
    row->sample = sample;
    row->role = s->role;
    row->caption = s->caption;
    row->timestep = s->t_begin + rng_below(rng, s->t_end - s->t_begin);
    row->weight = s->weight * (float)snr_weight(run, row->timestep);
    rng_normal(rng, row->latents, d->n);
    for (int64_t k = 0; k < d->n; k++) {
        row->latents[k] = s->mean[k] + s->std[k] * row->latents[k];
    }
    rng_normal(rng, row->noise, d->n);
    for (int64_t k = 0; k < d->area; k++) {
        row->mask[k] = s->mask ? s->mask[k] : 1;
    }
}

// ---- leaves and inputs --------------------------------------------------------------------------

struct train_leaf *train_add_leaf(struct objective_run *run, const char *name,
                                  const int shape[GRAPH_RANK], const float *value, double lr,
                                  GError **error)
{
    struct tensor *tensor = tensor_new(run->model->gpu, DTYPE_F32, shape, name, error);
    if (!tensor || !tensor_write(tensor, value, error)) {
        tensor_free(tensor);
        return NULL;
    }
    struct train_leaf *leaf = g_new0(struct train_leaf, 1);
    *leaf = (struct train_leaf){
        .name = g_strdup(name),
        .count = shape_count(shape),
        .value = g_memdup2(value, (gsize)shape_count(shape) * sizeof *value),
        .lr = lr,
        .tensor = tensor,
        .own = true,
    };
    g_ptr_array_add(run->leaves, leaf);
    return leaf;
}

struct node *train_leaf_node(struct graph *g, struct train_leaf *leaf)
{
    if (!leaf->node) {
        leaf->node = graph_trainable(g, leaf->tensor);
    }
    return leaf->node;
}

struct tensor *train_add_input(struct objective_run *run, enum dtype dtype, int d1, int d2, int d3,
                               const char *name, GError **error)
{
    struct tensor *t =
        tensor_new(run->model->gpu, dtype, (int[]){run->rows, d1, d2, d3}, name, error);
    if (t) {
        g_ptr_array_add(run->inputs, t);
    }
    return t;
}

// ---- the loss -----------------------------------------------------------------------------------

struct node *loss_mean(struct graph *g, const struct loss_nodes *in)
{
    struct node *d = op_sub(g, in->prediction, in->target);
    struct node *squares = op_mul(g, op_mul(g, d, d), in->weights);
    if (in->mask) {
        squares = op_mul(g, squares, in->mask);
    }
    struct node *sum = op_sum_to(g, squares, (int[]){1, 1, 1, 1});
    return op_affine(g, sum, 1.0f / (float)shape_count(d->shape), 0);
}
