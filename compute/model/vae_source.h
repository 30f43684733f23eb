// Private to compute/model: an autoencoder that comes on its own. Fine-tuned ones are shared as one
// file in either layout, as a folder, and as whole checkpoints that hold one.
#pragma once

#include "compute/model/model.h"

#include <json-glib/json-glib.h>

// Sees what is at the path, without its weights. s may be cleared in any case.
bool vae_source_find(struct vae_source *s, const char *path, GError **error);
void vae_source_clear(struct vae_source *s);

// What its configuration file says, or what a file's names and shapes do: an object that config.c
// checks like any other. NULL on error.
JsonObject *vae_source_config(const struct vae_source *s, GError **error);
