// The table of samplers, generated from the list in meson.build, and what all samplers share.
#include "compute/sched/sched.h"

#include "compute/sched/sampler_table.h"

#include <string.h>

#define X(name) extern const struct sampler_type name##_sampler;
SAMPLER_ROWS
#undef X

#define X(name) &name##_sampler,
const struct sampler_type *const sampler_table[] = {SAMPLER_ROWS NULL};
#undef X

const struct sampler_type *sampler_find(const char *name)
{
    for (int i = 0; sampler_table[i]; i++) {
        if (strcmp(sampler_table[i]->name, name) == 0) {
            return sampler_table[i];
        }
    }
    return NULL;
}

struct sampler *sampler_new(const char *name, const struct noise_schedule *schedule, int steps,
                            double eta, struct rng *rng, int64_t n, GError **error)
{
    const struct sampler_type *type = sampler_find(name);
    if (!type) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "there is no sampler named %s",
                    name);
        return NULL;
    }
    if (steps < 1 || steps > schedule->train_steps - 1) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "%d steps are outside 1 to %d",
                    steps, schedule->train_steps - 1);
        return NULL;
    }
    if (!(eta >= 0 && eta <= 1) || (eta > 0 && !rng)) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT, "eta %g is outside 0 to 1",
                    eta);
        return NULL;
    }
    struct sampler *s = g_new0(struct sampler, 1);
    *s = (struct sampler){
        .type = type,
        .schedule = schedule,
        .steps = steps,
        .timesteps = g_new0(double, steps),
        .eta = eta,
        .rng = rng,
        .n = n,
        .init_scale = 1,
    };
    type->init(s);
    return s;
}

void sampler_free(struct sampler *s)
{
    if (!s) {
        return;
    }
    if (s->type->finish) {
        s->type->finish(s);
    }
    g_free(s->timesteps);
    g_free(s);
}

void sampler_scale_input(const struct sampler *s, int i, const float *x, float *out)
{
    const float scale = s->type->input_scale ? s->type->input_scale(s, i) : 1;
    for (int64_t k = 0; k < s->n; k++) {
        out[k] = scale * x[k];
    }
}

void sampler_step(struct sampler *s, int i, const float *prediction, float *x)
{
    s->type->step(s, i, prediction, x);
}
