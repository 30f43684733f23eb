// What a decoder or a selection leaves beside the thing, and holes that it has in it by mistake.
#include "render/sticker.h"

// Islands and holes of less than this share of the thing's area are none.
#define SMALL 0.02f

// Connected pixels on one side of a limit.
struct areas {
    int width, height;
    int *labels;   // of each pixel, from 1; 0: it is on the other side
    GArray *sizes; // int, by label
    GArray *open;  // gboolean, by label: it reaches the picture's border
};

static bool is_inside(const struct image *image, int i, float limit, bool above)
{
    return (image->alpha[i] >= limit) == above;
}

// Labels all that is connected to the pixel.
static void flood(struct areas *a, const struct image *image, float limit, bool above, int from,
                  int *stack)
{
    const int label = (int)a->sizes->len;
    int waiting = 0, size = 0;
    gboolean open = FALSE;

    stack[waiting++] = from;
    a->labels[from] = label;
    while (waiting > 0) {
        const int i = stack[--waiting], x = i % a->width, y = i / a->width;
        const int beside[] = {x > 0 ? i - 1 : -1, x < a->width - 1 ? i + 1 : -1,
                              y > 0 ? i - a->width : -1, y < a->height - 1 ? i + a->width : -1};

        size++;
        for (size_t k = 0; k < G_N_ELEMENTS(beside); k++) {
            const int next = beside[k];

            open = open || next < 0;
            if (next >= 0 && a->labels[next] == 0 && is_inside(image, next, limit, above)) {
                a->labels[next] = label;
                stack[waiting++] = next;
            }
        }
    }
    g_array_append_val(a->sizes, size);
    g_array_append_val(a->open, open);
}

static void areas_find(struct areas *a, const struct image *image, float limit, bool above)
{
    const int count = image->width * image->height, none = 0;
    g_autofree int *stack = g_new(int, count);

    *a = (struct areas){.width = image->width,
                        .height = image->height,
                        .labels = g_new0(int, count),
                        .sizes = g_array_new(FALSE, FALSE, sizeof(int)),
                        .open = g_array_new(FALSE, FALSE, sizeof(gboolean))};
    g_array_append_val(a->sizes, none);
    g_array_append_val(a->open, none);
    for (int i = 0; i < count; i++) {
        if (a->labels[i] == 0 && is_inside(image, i, limit, above)) {
            flood(a, image, limit, above, i, stack);
        }
    }
}

static void areas_clear(struct areas *a)
{
    g_free(a->labels);
    g_array_unref(a->sizes);
    g_array_unref(a->open);
}

static int size_of(const struct areas *a, int label)
{
    return g_array_index(a->sizes, int, label);
}

static int largest(const struct areas *a)
{
    int most = 0;

    for (guint i = 1; i < a->sizes->len; i++) {
        most = MAX(most, size_of(a, (int)i));
    }
    return most;
}

void sticker_tidy(struct image *cut)
{
    const int count = cut->width * cut->height;
    struct areas islands, holes;

    areas_find(&islands, cut, 0.5f, true);
    areas_find(&holes, cut, 0.5f, false);

    const float small = SMALL * (float)largest(&islands);

    for (int i = 0; i < count; i++) {
        const int island = islands.labels[i], hole = holes.labels[i];

        if (island > 0 && (float)size_of(&islands, island) < small) {
            cut->alpha[i] = 0.0f;
        } else if (hole > 0 && !g_array_index(holes.open, gboolean, hole) &&
                   (float)size_of(&holes, hole) < small) {
            cut->alpha[i] = 1.0f;
        }
    }
    areas_clear(&islands);
    areas_clear(&holes);
}
