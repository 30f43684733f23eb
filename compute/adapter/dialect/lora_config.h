// The configuration of PEFT's LoraConfig and its relatives, as adapter_config.json and the metadata
// of diffusers' files hold it: how strong a low-rank update is.
#pragma once

#include "compute/adapter/dialect/layers.h"

struct lora_config;
// prefix: before each key ("unet."), may be "". What is missing has the value that PEFT gives it,
// patterns that cannot be used are passed over with a note in a->notes' form. notes (char *, owned
// by the array) outlives the configuration and receives also what lora_config_scale() finds. Values
// of the wrong kind are peft_config_check()'s; here they count as missing.
// alpha_key: "lora_alpha", or "alpha" of LoHa and LoKr.
struct lora_config *lora_config_new(JsonObject *object, const char *prefix, const char *alpha_key,
                                    GPtrArray *notes);
void lora_config_free(struct lora_config *c);

// alpha / rank, or alpha / sqrt(rank) with use_rslora (Kalajdzievski, A Rank Stabilization Scaling
// Factor for Fine-Tuning with LoRA), with the layer's own alpha where a pattern names it. rank 0:
// the configuration's. A rank that is not the one it says is noted, and taken.
double lora_config_scale(struct lora_config *c, const struct file_layer *layer, int rank);
