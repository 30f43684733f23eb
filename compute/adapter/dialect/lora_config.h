// The configuration of PEFT's LoraConfig and its relatives, as adapter_config.json and the metadata
// of diffusers' files hold it: how strong a low-rank update is.
#pragma once

#include "compute/adapter/dialect/layers.h"

struct lora_config;
// prefix: before each key ("unet."), may be "". What is missing has the value that PEFT gives it,
// what is no number or pattern is passed over with a note in a->notes' form (notes: char *, owned
// by the array).
struct lora_config *lora_config_new(JsonObject *object, const char *prefix, GPtrArray *notes);
// Whether a low-rank update is all that the configuration speaks of. False, with the reason: the
// weights it was trained on are not the model's (PiSSA, OLoRA and the like take the first product
// out of them), or there is more between the factors (KaSA).
bool lora_config_check(JsonObject *object, const char *prefix, GError **error);

void lora_config_free(struct lora_config *c);

// alpha / rank, or alpha / sqrt(rank) with use_rslora (Kalajdzievski, A Rank Stabilization Scaling
// Factor for Fine-Tuning with LoRA), with the layer's own alpha where a pattern names it. rank 0:
// the configuration's.
double lora_config_scale(const struct lora_config *c, const struct file_layer *layer, int rank);
