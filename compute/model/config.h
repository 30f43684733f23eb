// Reading a model's configuration: a folder's files, or what one file's names and shapes say. Every
// number is checked against a range before anyone allocates or divides by it; a feature that the
// networks here do not have is refused by name.
#pragma once

#include "compute/model/model.h"

// Fills layout, text, unet, vae, sched and name from m->path, and checks that the parts fit each
// other. Fields that a file leaves out take the default of the reference implementation.
bool config_read(struct model *m, GError **error);

// Whether the config.json in a folder is that of a ControlNet for models whose U-Net is unet. What
// its tensors' shapes say is not asked for here.
bool config_read_controlnet(const char *folder, const struct unet_config *unet, GError **error);
// What the config.json in a folder says of an AutoencoderTiny's decoder.
bool config_read_tiny(const char *folder, struct tiny_config *c, GError **error);
