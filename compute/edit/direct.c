// Direct inversion (Ju et al., PnP Inversion: Boosting Diffusion-based Editing with 3 Lines of
// Code, algorithm 1): the levels of the DDIM inversion, onto which the photo's branch is put back
// at every step.
//
// The paper corrects the photo's branch alone and lets attention control hold the edit near to it.
// Here the edit is moved by the same amounts, so that without attention control, too, it differs by
// its words and not by the drift of guidance.
#include "compute/edit/private.h"

#include "compute/i18n.h"

extern const struct inverter_type direct_inverter;
const struct inverter_type direct_inverter = {
    .name = "direct",
    .title = N_("Direct inversion"),
    .summary =
        N_("DDIM's levels, with the photo put back at every step; the photo comes back exactly"),
    .key = ddim_levels_key,
    .calls = ddim_levels_calls,
    .levels = ddim_levels,
    .corrected = true,
};
