// What reading and writing PNG share.
#pragma once

#include "render/codec.h"

#include <png.h>

// Keys of texts.
#define PNG_RECIPE_KEY "parameters"
#define PNG_XMP_KEY    "XML:com.adobe.xmp"
#define PNG_IPTC_KEY   "Raw profile type iptc"

#define PNG_INCH 0.0254 // in metres

// In the place of what the library may have said of it.
void png_no_memory(GError **error);

// png_write.c: as struct codec has it.
GBytes *png_write(const struct image_rows *rows, const struct codec_write *params, GError **error);
