#include "ui/core/selection.h"

#include "compute/edit/color_word.h"
#include "compute/edit/oklab.h"
#include "compute/edit/select.h"
#include "render/resample.h"
#include "render/stands_out.h"

#include <glib.h>
#include <math.h>
#include <string.h>

// ---- what the picture and the sentence say ------------------------------------------------------

// The weights, and where each neither speaks for the thing nor against it: logistic regression on
// 23 photographs with outlines (tests/bench/edits), rounded. A place of the thing ranks above one
// that is not its in 80 % of the pairs by the starter's map alone, in 89 % by all, each photograph
// left out in turn.
#define STANDS_OUT      6.0f
#define STANDS_OUT_EVEN 0.31f
#define AROUND          (-3.0f) // for what is around things
#define COLOR           2.5f
// How sure the sum is: the border's search weighs it against the photo's colours and edges.
#define SURENESS 0.7f
// Things are told apart from what is around them at this size.
#define SIDE 96

// The picture in Oklab at most SIDE pixels wide and tall; newly allocated.
static float *small_picture(const float *rgb, int width, int height, int *w, int *h)
{
    const double scale = MIN(1.0, (double)SIDE / MAX(width, height));
    *w = MAX(1, (int)lround(scale * width));
    *h = MAX(1, (int)lround(scale * height));
    float *small = g_new(float, 3 * (gsize)*w * *h);
    resample_plane(rgb, width, height, 3, small, *w, *h, RESAMPLE_LINEAR);
    for (gsize i = 0; i < (gsize)*w * *h; i++) {
        float *at = small + 3 * i;
        const float srgb[] = {0.5f * at[0] + 0.5f, 0.5f * at[1] + 0.5f, 0.5f * at[2] + 0.5f};
        oklab_from_srgb(srgb, at);
    }
    return small;
}

// The colour that the sentence gives the word; NULL: none.
static const struct color_word *color_of(const char *sentence, const char *word)
{
    g_auto(GStrv) qualities = subject_qualities(sentence, word);
    const struct color_word *color = NULL;
    for (int i = 0; qualities[i] && !color; i++) {
        color = color_word_find(qualities[i]);
    }
    return color;
}

// What speaks for each place and against it, as logs of odds; (h, w), newly allocated.
static float *evidence(const float *lab, int w, int h, const char *sentence, const char *word)
{
    float *sum = stands_out(lab, w, h);
    const struct color_word *color = color_of(sentence, word);
    const float weight = subject_is_around(sentence, word) ? AROUND : STANDS_OUT;
    for (gsize i = 0; i < (gsize)w * h; i++) {
        sum[i] = weight * (sum[i] - STANDS_OUT_EVEN);
        sum[i] += color ? COLOR * (color_word_fit(color, lab + 3 * i) - 0.5f) : 0;
    }
    return sum;
}

void selection_weigh(float *map, const float *rgb, int width, int height, const char *sentence,
                     const char *word, double trust)
{
    int w, h;
    g_autofree float *lab = small_picture(rgb, width, height, &w, &h);
    g_autofree float *small = evidence(lab, w, h, sentence, word);
    g_autofree float *large = g_new(float, (gsize)width *height);
    resample_plane(small, w, h, 1, large, width, height, RESAMPLE_LINEAR);
    for (gsize i = 0; i < (gsize)width * height; i++) {
        const float odds = large[i] + (float)trust * (map[i] - 0.5f);
        map[i] = 1.0f / (1.0f + expf(-SURENESS * odds));
    }
}

// ---- a frame ------------------------------------------------------------------------------------

// A frame is so much wider and taller than what it is about.
#define FRAME_GROWN 1.4
// Its longer side is at most so much longer.
#define FRAME_ASPECT 1.33
// One that leaves less than that of the picture out is the picture.
#define FRAME_WHOLE 0.75
// Around a word it is at least such a part of the picture's sides: the grid is coarse.
#define FRAME_LEAST 0.25
// What a frame around a word is to hold. With the starter on 21 photographs at 0.5 it is all of the
// photo in 19 and holds nine tenths of the thing's box in 20, at 0.6 in 14 and 19, at 0.7 in 11 and
// 14.
#define FRAME_SURE 0.6f

// The box of the connected part of plane >= FRAME_SURE around place `start`; places become -1. Its
// sum.
static float take_part(float *plane, int h, int w, int start, struct image_region *box)
{
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(int));
    int left = w, right = -1, top = h, bottom = -1;
    float sum = 0;
    g_array_append_val(open, start);
    while (open->len) {
        const int place = g_array_index(open, int, open->len - 1);
        const int x = place % w, y = place / w;
        g_array_set_size(open, open->len - 1);
        if (plane[place] < FRAME_SURE) {
            continue;
        }
        sum += plane[place];
        plane[place] = -1;
        left = MIN(left, x);
        right = MAX(right, x);
        top = MIN(top, y);
        bottom = MAX(bottom, y);
        const int around[] = {x > 0 ? place - 1 : place, x + 1 < w ? place + 1 : place,
                              y > 0 ? place - w : place, y + 1 < h ? place + w : place};
        g_array_append_vals(open, around, G_N_ELEMENTS(around));
    }
    *box = (struct image_region){left, top, right - left + 1, bottom - top + 1};
    return sum;
}

// begin and length of one side: around the middle of what it was, within the whole.
static void place_side(double middle, double length, int whole, int *begin, int *size)
{
    *size = MIN((int)lround(length), whole);
    *begin = CLAMP((int)lround(middle - length / 2), 0, whole - *size);
}

struct image_region selection_frame_around(const struct image_region *box, int least_width,
                                           int least_height, int width, int height)
{
    double w = fmax(FRAME_GROWN * box->width, least_width);
    double h = fmax(FRAME_GROWN * box->height, least_height);
    w = fmax(w, h / FRAME_ASPECT);
    h = fmax(h, w / FRAME_ASPECT);
    struct image_region frame;
    place_side(box->x + box->width / 2.0, w, width, &frame.x, &frame.width);
    place_side(box->y + box->height / 2.0, h, height, &frame.y, &frame.height);
    if ((double)frame.width * frame.height > FRAME_WHOLE * width * height) {
        frame = (struct image_region){0, 0, width, height};
    }
    return frame;
}

struct image_region selection_frame(float *map, int width, int height)
{
    struct image_region box = {0, 0, width, height};
    float greatest = 0;
    for (int i = 0; i < width * height; i++) {
        struct image_region part;
        const float sum = take_part(map, height, width, i, &part);
        if (sum > greatest) {
            greatest = sum;
            box = part;
        }
    }
    return selection_frame_around(&box, (int)lround(FRAME_LEAST * width),
                                  (int)lround(FRAME_LEAST * height), width, height);
}
