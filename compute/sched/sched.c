// The table of samplers, generated from the list in meson.build, and what all samplers share.
#include "compute/sched/grid.h"

#include "compute/i18n.h"
#include "compute/sched/sampler_table.h"

#define X(name) extern const struct sampler_type name##_sampler;
SAMPLER_ROWS
#undef X

#define X(name) &name##_sampler,
const struct sampler_type *const sampler_table[] = {SAMPLER_ROWS NULL};
#undef X

const struct member *sampler_family(int i)
{
    return sampler_table[i] ? &sampler_table[i]->member : NULL;
}

const struct sampler_type *sampler_find(const char *name)
{
    return (const struct sampler_type *)family_find(sampler_family, name);
}

const struct sampler_type *sampler_published(const struct sched_config *c)
{
    for (int i = 0; sampler_table[i]; i++) {
        if (g_str_equal(sampler_table[i]->published, c->sampler)) {
            return sampler_table[i];
        }
    }
    return NULL;
}

int sampler_most_steps(const struct sampler_type *type, const struct noise_schedule *schedule)
{
    return type->most_steps ? type->most_steps(schedule) : schedule->train_steps - 1;
}

struct sampler *sampler_new(const struct noise_schedule *schedule, const struct sampler_params *p,
                            int64_t n, GError **error)
{
    const struct sampler_type *type = sampler_find(p->name);
    if (!type) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("there is no sampler named %s"), p->name);
        return NULL;
    }
    const char *lacks = type->lacks ? type->lacks(schedule) : NULL;
    if (lacks) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_UNSUPPORTED,
                    _("the model's scheduler says %s, which %s does not know here; choose another "
                      "sampler"),
                    translated(lacks), type->title);
        return NULL;
    }
    const int most =
        p->from_inversion ? schedule->train_steps - 1 : sampler_most_steps(type, schedule);
    if (p->steps < 1 || p->steps > most) {
        g_set_error(error, TINCTURE_ERROR, TINCTURE_ERROR_ARGUMENT,
                    _("%d steps are outside 1 to %d, which %s can take with this model"), p->steps,
                    most, type->title);
        return NULL;
    }
    struct sampler *s = g_new0(struct sampler, 1);
    *s = (struct sampler){
        .type = type,
        .settings = p->settings,
        .schedule = schedule,
        .steps = p->steps,
        .from_inversion = p->from_inversion,
        .anew = p->anew,
        .timesteps = g_new0(double, p->steps),
        .rng = p->rng,
        .n = n,
        .init_scale = 1,
    };
    (s->from_inversion ? grid_ddim : type->grid)(schedule, s->timesteps, s->steps);
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

void sampler_take(const struct sampler *s, int i, float *x)
{
    const double scale = s->type->input_scale ? s->type->input_scale(s, i) : 1;
    for (int64_t k = 0; k < s->n; k++) {
        x[k] = (float)(x[k] / scale);
    }
}

int sampler_calls(const struct sampler_type *type, int steps)
{
    return type->ahead && steps > 0 ? 2 * steps - 1 : steps;
}

bool sampler_ahead(struct sampler *s, int i, const float *prediction, float *x)
{
    return s->type->ahead && s->type->ahead(s, i, prediction, x);
}

void sampler_step(struct sampler *s, int i, const float *prediction, float *x)
{
    s->type->step(s, i, prediction, x);
}
