#include "compute/edit/common_words.h"

#include <glib.h>

int *common_words(const void *a, int n_a, const void *b, int n_b, common_words_func same)
{
    const int row = n_b + 1;
    int *length = g_new0(int, (size_t)(n_a + 1) * row);
    for (int i = n_a - 1; i >= 0; i--) {
        for (int j = n_b - 1; j >= 0; j--) {
            int *at = length + (size_t)i * row + j;
            *at = same(a, i, b, j) ? at[row + 1] + 1 : MAX(at[row], at[1]);
        }
    }
    return length;
}
