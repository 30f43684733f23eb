// Virtual inversion (Xu et al., Inversion-Free Image Editing with Natural Language, algorithm 2):
// every level is the photo with noise of its own, as in ddpm.c, and every step goes to the picture
// and is noised anew, to the next level and by that level's noise: the consistent step of the
// paper's section 3, which leads the photo's branch to the photo whatever was predicted. What the
// edit's picture differs by from the one predicted for the photo is added to the photo; so nothing
// is inverted, and a model made for few steps needs no more of them here.
#include "compute/edit/private.h"

#include "compute/i18n.h"

extern const struct inverter_type virtual_inverter;
const struct inverter_type virtual_inverter = {
    .name = "virtual",
    .title = N_("Virtual inversion"),
    .summary =
        N_("No way to noise: each step noises the photo anew; quick, and for models of few steps"),
    .key = noised_levels_key,
    .calls = noised_levels_calls,
    .levels = noised_levels,
    .corrected = true,
    .fixed = true,
    .anew = true,
    .random = true,
};
