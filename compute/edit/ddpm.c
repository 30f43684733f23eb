// Edit-friendly DDPM inversion (Huberman-Spiegelglas et al., An Edit Friendly DDPM Noise Space,
// algorithm 1): every level is the photo with noise of its own,
//     x_t = sqrt(abar_t) x_0 + sqrt(1 - abar_t) eps_t,  eps_t independent,
// and the noise of the reverse process z_t = (x_{t-1} - mu_t(x_t)) / sigma_t is what leads from one
// to the next. The edit is drawn with the same z_t. Kept is sigma_t z_t + mu_t as the level itself,
// beside mu_t: then the last step, where sigma_t may be 0, is exact, too. How far up the edit
// starts (the paper's T - skip) is the edit's strength.
#include "compute/edit/private.h"

#include "compute/i18n.h"

char *noised_levels_key(const struct run *r)
{
    return g_strdup_printf("noise %" G_GUINT64_FORMAT, r->request->seed);
}

int noised_levels_calls(const struct run *r)
{
    return 0;
}

bool noised_levels(struct run *r, float *levels, GError **error)
{
    struct rng rng = {.seed = r->request->seed};
    g_autofree int *times = g_new(int, r->total);
    g_autofree float *noise = g_new(float, r->n);
    inverter_timesteps(&r->e->schedule, r->total, times);
    for (int k = 1; k <= r->total; k++) {
        run_noise(r, &rng, noise);
        noise_add(&r->e->schedule, times[k - 1], levels, noise, levels + k * r->n, r->n);
    }
    return true;
}

extern const struct inverter_type ddpm_inverter;
const struct inverter_type ddpm_inverter = {
    .name = "ddpm",
    .title = N_("Edit-friendly DDPM"),
    .summary =
        N_("Noise of its own at every level; the photo comes back exactly, every seed differs"),
    .key = noised_levels_key,
    .calls = noised_levels_calls,
    .levels = noised_levels,
    .corrected = true,
    .fixed = true,
    .eta = 1,
    .random = true,
};
