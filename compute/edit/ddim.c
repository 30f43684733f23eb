// DDIM inversion (Song et al., Denoising Diffusion Implicit Models, section 4.3; methods 7.3): the
// sampler's chain walked upwards under the photo's description, without guidance. What the way back
// misses the photo by stays in the picture, and in the reference that it is compared with.
#include "compute/edit/private.h"

#include "compute/i18n.h"

extern const struct inverter_type ddim_inverter;
const struct inverter_type ddim_inverter = {
    .name = "ddim",
    .title = "DDIM",
    .summary = N_("The sampler walked backwards; the photo comes back nearly"),
    .key = ddim_levels_key,
    .calls = ddim_levels_calls,
    .levels = ddim_levels,
};
