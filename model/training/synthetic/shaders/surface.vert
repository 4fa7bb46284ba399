#version 330
// Camera frame in mm (x right, y down, z away) to clip space, first row of the image at the bottom
// of the framebuffer, so that what is read back needs no flip.
in vec3 position;
in vec3 normal;
in vec3 reference;   // where this point lies in the mean head (eyeballs: in this head), mm
in vec4 paint;       // linear albedo, hair coverage
in vec4 anatomy;     // material, distance from lash roots, rim (of lashes: 2 = upper lid), cavity
#ifdef PORTRAIT
in vec3 photo;       // texture coordinates, how far the texture covers the skin
out vec3 cover;
#endif
uniform mat4 projection;
out vec3 at;
out vec3 facing;
out vec3 place;
out vec4 coat;
out vec4 trait;
void main() {
    gl_Position = projection * vec4(position, 1.0);
    at = position;
    facing = normal;
    place = reference;
    coat = paint;
    trait = anatomy;
#ifdef PORTRAIT
    cover = photo;
#endif
}
