// Read-back into GdkMemoryTexture: the way that works with every GTK 4 and every driver.
#include "render/present/texture.h"

GdkTexture *texture_from_rgba8(GBytes *rgba, int width, int height)
{
    g_assert(g_bytes_get_size(rgba) == (gsize)width * height * 4);
    return gdk_memory_texture_new(width, height, GDK_MEMORY_R8G8B8A8, rgba, (gsize)width * 4);
}
