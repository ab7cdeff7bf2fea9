// Package image decodes pictures into rows of pixels and resizes them as Pillow does. It reads PNG,
// JPEG, GIF, BMP, TIFF and WebP; sizes are known and capped before pixels are decoded, the EXIF
// orientation is applied, palettes are looked up and transparency is composited on white. It knows
// nothing of networks: scaling to their ranges is done in dataset.
package image
