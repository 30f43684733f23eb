// The table of decoders, generated from the list in meson.build.

#include "compute/model/decoder.h"

#include "compute/model/decoder_table.h"

#define X(name) extern const struct decoder name##_decoder;
DECODER_ROWS
#undef X
#define X(name) &name##_decoder,
const struct decoder *const decoder_table[] = {DECODER_ROWS NULL};
#undef X

const struct member *decoder_family(int i)
{
    return decoder_table[i] ? &decoder_table[i]->member : NULL;
}

const struct decoder *model_alpha_decoder(const struct model *m)
{
    for (int i = 0; decoder_table[i]; i++) {
        if (decoder_table[i]->channels == 4 && model_part(m, decoder_table[i]->part)) {
            return decoder_table[i];
        }
    }
    return NULL;
}

const struct decoder *model_tiny_decoder(const struct model *m)
{
    for (int i = 0; decoder_table[i]; i++) {
        if (g_str_equal(decoder_table[i]->part, MODEL_TINY) && model_part(m, MODEL_TINY)) {
            return decoder_table[i];
        }
    }
    return NULL;
}

const struct decoder *model_decoder(const struct model *m)
{
    int i = 0;
    while (!model_part(m, decoder_table[i]->part)) {
        i++;
    }
    return decoder_table[i];
}
