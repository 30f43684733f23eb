// What PEFT's configuration says beside an adapter's tensors: adapter_config.json, or the metadata
// of diffusers' files. PEFT reads only the tensors of the method that it names, and some of its
// other words change what they mean.
#pragma once

#include "compute/adapter/dialect/dialect.h"

// Whether all that the configuration says is obeyed by who reads these tensors. prefix: before each
// key ("unet."), may be "". types: the methods that the caller can read, NULL-terminated; a
// configuration that names none is one of the first whose tensors the source has. False, with the
// reason: another method, tensors of another one than it names, weights that are not the model's
// (PiSSA, OLoRA and the like take the first product out of them), or more than the tensors say
// (KaSA), or a value of the wrong kind that the strength or the form depends on. notes (char *)
// receives what is passed over though it may change something.
bool peft_config_check(const struct adapter_source *s, JsonObject *object, const char *prefix,
                       const char *const *types, GPtrArray *notes, GError **error);
// The same of the adapter_config.json beside the tensors, where there is one; one that cannot be
// read is refused. The reason names the file.
bool peft_config_check_source(const struct adapter_source *s, const char *const *types,
                              GPtrArray *notes, GError **error);
// The method that it names ("" for what is no name), or the first of types whose tensors the source
// has. NULL: neither.
const char *peft_config_type(const struct adapter_source *s, JsonObject *object, const char *prefix,
                             const char *const *types);
