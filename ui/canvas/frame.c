#include "ui/canvas/frame.h"

#include <math.h>

struct box { // like a region, while it is being pulled
    double left, top, right, bottom;
};

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static unsigned side_at(double value, double low, double high, double reach, unsigned at_low,
                        unsigned at_high)
{
    const double to_low = fabs(value - low), to_high = fabs(value - high);
    if (fmin(to_low, to_high) > reach) {
        return 0;
    }
    return to_low < to_high ? at_low : at_high;
}

unsigned frame_grip_at(const struct image_region *frame, double x, double y, double reach)
{
    const double right = frame->x + frame->width, bottom = frame->y + frame->height;
    if (frame->width <= 0 || x < frame->x - reach || x > right + reach || y < frame->y - reach ||
        y > bottom + reach) {
        return FRAME_NEW;
    }
    const unsigned sides = side_at(x, frame->x, right, reach, FRAME_LEFT, FRAME_RIGHT) |
                           side_at(y, frame->y, bottom, reach, FRAME_TOP, FRAME_BOTTOM);
    return sides ? sides : FRAME_MOVE;
}

static struct box moved(const struct image_region *f, double dx, double dy, int width, int height)
{
    const double x = clamp(f->x + dx, 0, width - f->width);
    const double y = clamp(f->y + dy, 0, height - f->height);
    return (struct box){x, y, x + f->width, y + f->height};
}

// The side that is pulled; the other one stays, and they never change places.
static struct box pulled(const struct image_region *f, unsigned grip, double dx, double dy,
                         int width, int height)
{
    struct box b = {f->x, f->y, f->x + f->width, f->y + f->height};
    if (grip & FRAME_LEFT) {
        b.left = clamp(b.left + dx, 0, b.right - FRAME_MIN);
    }
    if (grip & FRAME_RIGHT) {
        b.right = clamp(b.right + dx, b.left + FRAME_MIN, width);
    }
    if (grip & FRAME_TOP) {
        b.top = clamp(b.top + dy, 0, b.bottom - FRAME_MIN);
    }
    if (grip & FRAME_BOTTOM) {
        b.bottom = clamp(b.bottom + dy, b.top + FRAME_MIN, height);
    }
    return b;
}

// A new frame begins as a point whose far corner is pulled.
static struct image_region begun(double x0, double y0, double x, double y, unsigned *grip)
{
    *grip = (x < x0 ? FRAME_LEFT : FRAME_RIGHT) | (y < y0 ? FRAME_TOP : FRAME_BOTTOM);
    return (struct image_region){(int)lround(x0), (int)lround(y0), 0, 0};
}

// Makes the longer side shorter, so that the box stays inside the photo. A side that is not pulled
// gives way evenly.
static void keep_aspect(struct box *b, unsigned grip, double aspect)
{
    const double width = fmin(b->right - b->left, (b->bottom - b->top) * aspect);
    const double spare_x = b->right - b->left - width;
    const double spare_y = b->bottom - b->top - width / aspect;
    const double left = grip & FRAME_LEFT ? 1 : grip & FRAME_RIGHT ? 0 : 0.5;
    const double top = grip & FRAME_TOP ? 1 : grip & FRAME_BOTTOM ? 0 : 0.5;
    b->left += spare_x * left;
    b->right -= spare_x * (1 - left);
    b->top += spare_y * top;
    b->bottom -= spare_y * (1 - top);
}

// With an aspect, pulling one side alone has to move the others too: room for it is the whole photo
// around the middle of the side that stays.
static void free_other_axis(struct box *b, unsigned grip, double aspect, int width, int height)
{
    if (!(grip & (FRAME_TOP | FRAME_BOTTOM))) {
        const double middle = (b->top + b->bottom) / 2;
        const double half = fmin(fmin(middle, height - middle), (b->right - b->left) / aspect / 2);
        b->top = middle - half;
        b->bottom = middle + half;
    } else if (!(grip & (FRAME_LEFT | FRAME_RIGHT))) {
        const double middle = (b->left + b->right) / 2;
        const double half = fmin(fmin(middle, width - middle), (b->bottom - b->top) * aspect / 2);
        b->left = middle - half;
        b->right = middle + half;
    }
}

struct image_region frame_pull(const struct image_region *frame, unsigned grip, double x0,
                               double y0, double x, double y, double aspect, int photo_width,
                               int photo_height)
{
    struct image_region from = *frame;
    if (grip == FRAME_NEW) {
        x0 = clamp(x0, FRAME_MIN, photo_width - FRAME_MIN);
        y0 = clamp(y0, FRAME_MIN, photo_height - FRAME_MIN);
        from = begun(x0, y0, x, y, &grip);
    }
    struct box b = grip == FRAME_MOVE
                       ? moved(&from, x - x0, y - y0, photo_width, photo_height)
                       : pulled(&from, grip, x - x0, y - y0, photo_width, photo_height);
    if (aspect > 0 && grip != FRAME_MOVE) {
        free_other_axis(&b, grip, aspect, photo_width, photo_height);
        keep_aspect(&b, grip, aspect);
    }
    const int left = (int)lround(b.left), top = (int)lround(b.top);
    return (struct image_region){left, top, (int)lround(b.right) - left,
                                 (int)lround(b.bottom) - top};
}

static bool is_row_used(const uint8_t *row, int width, struct image_region *box)
{
    int left = 0, right = width;
    while (left < width && row[left] < 128) {
        left++;
    }
    while (right > left && row[right - 1] < 128) {
        right--;
    }
    if (right <= left) {
        return false;
    }
    const int most = box->width > 0 ? box->x + box->width : right;
    box->x = box->width > 0 && box->x < left ? box->x : left;
    box->width = (most > right ? most : right) - box->x;
    return true;
}

bool frame_around(const uint8_t *values, int width, int height, struct image_region *frame)
{
    struct image_region box = {0};
    int top = -1, bottom = -1;
    for (int y = 0; y < height; y++) {
        if (is_row_used(values + (size_t)y * width, width, &box)) {
            top = top < 0 ? y : top;
            bottom = y + 1;
        }
    }
    const int beside = (box.width > bottom - top ? box.width : bottom - top) / 5;
    const int left = (int)clamp(box.x - beside, 0, width);
    const int right = (int)clamp(box.x + box.width + beside, 0, width);
    const int upper = (int)clamp(top - beside, 0, height);
    *frame = (struct image_region){left, upper, right - left,
                                   (int)clamp(bottom + beside, 0, height) - upper};
    return top >= 0;
}
