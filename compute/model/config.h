// Reading a model folder's configuration files. Every number is checked against a range before
// anyone allocates or divides by it; a feature that the networks here do not have is refused by
// name.
#pragma once

#include "compute/model/model.h"

// Fills text, unet, vae, sched and name from m->path, and checks that the parts fit each other.
// Fields that a file leaves out take the default of the reference implementation.
bool config_read(struct model *m, GError **error);
