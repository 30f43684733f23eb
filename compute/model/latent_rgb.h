// Previews of latents without decoding: one small matrix from latent channels to RGB.
#pragma once

#include "compute/model/model.h"

// Reads latent_rgb.json, which is optional, where the folder has one:
// {"factors": [[r, g, b], ... a row a latent channel], "bias": [r, g, b]}.
bool latent_rgb_read(struct model *m, GError **error);
