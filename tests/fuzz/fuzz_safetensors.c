// Any bytes as a safetensors file: refused with a sentence, or every number in it can be read.
#include "compute/file/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tensors(const struct st_file *f)
{
    for (guint i = 0; i < f->tensors->len; i++) {
        const struct st_tensor *t = f->tensors->pdata[i];
        g_autofree float *values = g_new(float, MAX(t->count, 1));
        g_assert_true(st_find(f, t->name) == t);
        st_read_f32(t, values, false, NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    // A copy of exactly this size, so that the sanitizer sees a read behind its end.
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    struct st_file *f = st_parse(bytes, "input", &error);
    if (f) {
        read_tensors(f);
    } else {
        g_assert_nonnull(error);
    }
    st_free(f);
    return 0;
}
