// DPM-Solver++ 2M of the stochastic equation (Lu et al., DPM-Solver++, SDE-DPM-Solver++ 2M): the
// steps of dpmpp_2m.c, each with fresh noise.
#include "compute/sched/grid.h"

#include "compute/i18n.h"

static const char *sde_lacks(const struct noise_schedule *s)
{
    const char *clipping = dpmpp_clipping_lack(s);
    return clipping              ? clipping
           : s->sigmas.order > 2 ? N_("a solver_order above 2")
                                 : s->sigmas.sde_lacks;
}

extern const struct sampler_type dpmpp_2m_sde_sampler;
const struct sampler_type dpmpp_2m_sde_sampler = {
    .name = "dpmpp_2m_sde",
    .title = N_("DPM-Solver++ 2M SDE"),
    .summary = N_("Second order with fresh noise at each step: fine detail in 20 to 30 steps"),
    .published = "DPMSolverMultistepScheduler, sde-dpmsolver++",
    .settings = levels_settings,
    .lacks = sde_lacks,
    .random = true,
    .grid = dpmpp_grid,
    .init = dpmpp_init,
    .step = dpmpp_step,
    .finish = dpmpp_finish,
};
