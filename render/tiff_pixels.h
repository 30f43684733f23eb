// How a TIFF picture's samples are stored, and their way into a picture.
//
// The bytes are hostile: layout is checked by tiff_pixels_init() before memory is asked for.
#pragma once

#include "compute/error.h"
#include "compute/task.h"
#include "render/image.h"

#include <tiffio.h>

// What the first samples of a pixel are.
enum tiff_color {
    TIFF_COLOR_OTHER, // what only libtiff knows to read, with eight bits
    TIFF_COLOR_GRAY,
    TIFF_COLOR_RGB,
    TIFF_COLOR_PALETTE,
    TIFF_COLOR_CMYK,
    TIFF_COLOR_LAB,
};

struct tiff_reader {
    TIFF *tiff;
    const uint8_t *data; // borrowed
    uint64_t size, offset;
    uint64_t padding;  // zeros behind the bytes of a file that is cut short
    struct task *task; // borrowed
    GError *error;     // first failure

    bool lenient; // goes on where a block of pixels is damaged
    bool damaged; // one was
    bool several; // the picture is the first of more

    uint32_t width, height;
    uint16_t bits, channels, photometric, orientation;
    enum tiff_color color;
    int colors;           // of the channels
    int alpha;            // the channel that is; 0: none
    bool premultiplied;   // the colours are, by alpha
    bool floats;          // else integers,
    bool negative;        // signed ones where 0 is black and what is below it, too
    bool apart;           // each channel in blocks of its own
    uint16_t *palette[3]; // libtiff's, (1 << bits) each
    int palette_shift;    // of its numbers to bytes
};

// Remembers the first failure. Returns false.
bool tiff_fail(struct tiff_reader *r, enum tincture_error code, const char *reason);

// Finds out how the open picture is stored, of which sizes, bits, channels and photometric are
// known. Fails where it is of a kind that nothing here reads.
bool tiff_pixels_init(struct tiff_reader *r);

// The pixels as stored, in sRGB where the samples were ink or Lab (by the profile, which may be
// NULL) and else in the file's own space. NULL: r->error says why.
struct image *tiff_pixels_read(struct tiff_reader *r, GBytes *icc);
