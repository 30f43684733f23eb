// The configuration of PEFT's LoraConfig and its relatives, as adapter_config.json and the metadata
// of diffusers' files hold it: how strong a low-rank update is.
#pragma once

#include "compute/adapter/dialect/layers.h"

struct lora_config;
// prefix: before each key ("unet."), may be "". What is missing has the value that PEFT gives it,
// what is no number or pattern is passed over with a note in a->notes' form (notes: char *, owned
// by the array).
// alpha_key: "lora_alpha", or "alpha" of LoHa and LoKr.
struct lora_config *lora_config_new(JsonObject *object, const char *prefix, const char *alpha_key,
                                    GPtrArray *notes);
void lora_config_free(struct lora_config *c);

// alpha / rank, or alpha / sqrt(rank) with use_rslora (Kalajdzievski, A Rank Stabilization Scaling
// Factor for Fine-Tuning with LoRA), with the layer's own alpha where a pattern names it. rank 0:
// the configuration's.
double lora_config_scale(const struct lora_config *c, const struct file_layer *layer, int rank);
