#include "ui/canvas/viewport.h"

#include <math.h>

#define SCALE_MAX  32.0
#define FIT_MARGIN 24.0 // logical pixels around a picture that fits

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

// Logical pixels per picture pixel.
static double logical_scale(const struct viewport *v)
{
    return v->scale / v->device_factor;
}

// A picture at 1:1 that lay between two pixels of the screen would be blurred by half a pixel.
static double whole_device_pixels(const struct viewport *v, double logical)
{
    return round(logical * v->device_factor) / v->device_factor;
}

static double fitting_scale(const struct viewport *v)
{
    if (v->picture_width <= 0 || v->picture_height <= 0) {
        return 1;
    }
    double width = fmax(v->width - v->left - v->right - 2 * FIT_MARGIN, 1);
    double height = fmax(v->height - v->bottom - 2 * FIT_MARGIN, 1);
    double scale = fmin(width / v->picture_width, height / v->picture_height);
    return fmin(scale * v->device_factor, 1);
}

static void keep_in_picture(struct viewport *v)
{
    v->center_x = clamp(v->center_x, 0, v->picture_width);
    v->center_y = clamp(v->center_y, 0, v->picture_height);
}

void viewport_init(struct viewport *v)
{
    *v = (struct viewport){.device_factor = 1, .scale = 1, .fit = true};
}

void viewport_resize(struct viewport *v, double width, double height, double device_factor)
{
    v->width = width;
    v->height = height;
    v->device_factor = device_factor;
    if (v->fit) {
        viewport_fit(v);
    }
}

void viewport_leave(struct viewport *v, double left, double right, double bottom)
{
    v->left = left;
    v->right = right;
    v->bottom = bottom;
    if (v->fit) {
        viewport_fit(v);
    }
}

void viewport_set_picture(struct viewport *v, double width, double height)
{
    v->picture_width = width;
    v->picture_height = height;
    viewport_fit(v);
}

void viewport_fit(struct viewport *v)
{
    v->fit = true;
    v->scale = fitting_scale(v);
    v->center_x = v->picture_width / 2 - (v->left - v->right) / 2 / logical_scale(v);
    v->center_y = v->picture_height / 2 + v->bottom / 2 / logical_scale(v);
}

void viewport_zoom_at(struct viewport *v, double scale, double x, double y)
{
    double low = fmin(fitting_scale(v) / 2, 1);
    double dx = x - v->width / 2, dy = y - v->height / 2;
    double before = logical_scale(v);
    v->scale = clamp(scale, low, SCALE_MAX);
    double after = logical_scale(v);
    v->fit = false;
    v->center_x += dx / before - dx / after;
    v->center_y += dy / before - dy / after;
    keep_in_picture(v);
}

void viewport_show(struct viewport *v, double x, double y, double width, double height)
{
    const double room_x = fmax(v->width - 2 * FIT_MARGIN, 1);
    const double room_y = fmax(v->height - 2 * FIT_MARGIN, 1);
    const double scale = fmin(room_x / width, room_y / height) * v->device_factor;
    v->scale = clamp(scale, fmin(fitting_scale(v), 1), SCALE_MAX);
    v->fit = false;
    v->center_x = x + width / 2;
    v->center_y = y + height / 2;
    keep_in_picture(v);
}

void viewport_pan(struct viewport *v, double dx, double dy)
{
    v->fit = false;
    v->center_x -= dx / logical_scale(v);
    v->center_y -= dy / logical_scale(v);
    keep_in_picture(v);
}

struct viewport_rect viewport_picture_rect(const struct viewport *v)
{
    double scale = logical_scale(v);
    return (struct viewport_rect){
        .x = whole_device_pixels(v, v->width / 2 - v->center_x * scale),
        .y = whole_device_pixels(v, v->height / 2 - v->center_y * scale),
        .width = v->picture_width * scale,
        .height = v->picture_height * scale,
    };
}

struct viewport_rect viewport_visible_rect(const struct viewport *v)
{
    struct viewport_rect all = viewport_picture_rect(v);
    double left = fmax(all.x, 0), top = fmax(all.y, 0);
    double right = fmin(all.x + all.width, v->width);
    double bottom = fmin(all.y + all.height, v->height);
    return (struct viewport_rect){left, top, fmax(right - left, 0), fmax(bottom - top, 0)};
}

void viewport_to_picture(const struct viewport *v, double x, double y, double *px, double *py)
{
    const struct viewport_rect all = viewport_picture_rect(v);
    *px = (x - all.x) / logical_scale(v);
    *py = (y - all.y) / logical_scale(v);
}

void viewport_from_picture(const struct viewport *v, double px, double py, double *x, double *y)
{
    const struct viewport_rect all = viewport_picture_rect(v);
    *x = all.x + px * logical_scale(v);
    *y = all.y + py * logical_scale(v);
}

struct viewport_rect viewport_seen_pixels(const struct viewport *v)
{
    struct viewport_rect all = viewport_picture_rect(v), seen = viewport_visible_rect(v);
    double scale = logical_scale(v);
    double left = floor((seen.x - all.x) / scale), top = floor((seen.y - all.y) / scale);
    double right = fmin(ceil((seen.x + seen.width - all.x) / scale), v->picture_width);
    double bottom = fmin(ceil((seen.y + seen.height - all.y) / scale), v->picture_height);
    return (struct viewport_rect){left, top, fmax(right - left, 0), fmax(bottom - top, 0)};
}

bool viewport_can_pan(const struct viewport *v)
{
    struct viewport_rect all = viewport_picture_rect(v);
    return all.width > v->width + 0.5 || all.height > v->height + 0.5;
}

double viewport_split_to_x(const struct viewport *v, double split)
{
    struct viewport_rect seen = viewport_visible_rect(v);
    return seen.x + seen.width * split;
}

double viewport_x_to_split(const struct viewport *v, double x)
{
    struct viewport_rect seen = viewport_visible_rect(v);
    return seen.width > 0 ? clamp((x - seen.x) / seen.width, 0, 1) : 0.5;
}
