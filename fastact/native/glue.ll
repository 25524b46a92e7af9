; tools/native_ir.py made this from glue.c (2de8dcc48165e59a) with clang 19.

%struct.place = type { ptr, ptr, i64, i64, i64, ptr, ptr, ptr, ptr }
%struct.context = type { ptr, ptr, ptr }
%struct.python = type { ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr, ptr }
%struct.array = type { ptr, i32, ptr, ptr, ptr, ptr }
%struct.call = type { ptr, ptr, ptr, ptr, i64, i64, [4 x ptr], [4 x ptr] }
%struct.plain = type { ptr, ptr, ptr, ptr }
%struct.form = type { ptr, ptr, ptr }

@fastact_glue_way = external constant i64, align 8
@fastact_glue_ntypes = external constant i64, align 8
@fastact_glue_head = external constant i64, align 8
@fastact_glue_data = external constant i64, align 8
@fastact_glue_tuple = external constant i64, align 8

define i32 @fastact_glue_native(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i32, align 4
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca ptr, align 8
  %14 = alloca ptr, align 8
  %15 = alloca ptr, align 8
  %16 = alloca ptr, align 8
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store ptr %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %17 = load ptr, ptr %7, align 8
  %18 = call ptr @place_of_call(ptr noundef %17) #2
  store ptr %18, ptr %12, align 8
  %19 = load ptr, ptr %12, align 8
  %20 = getelementptr inbounds %struct.place, ptr %19, i32 0, i32 0
  %21 = load atomic i64, ptr %20 acquire, align 8
  store i64 %21, ptr %14, align 8
  %22 = load ptr, ptr %14, align 8
  store ptr %22, ptr %13, align 8
  %23 = load ptr, ptr %13, align 8
  %24 = icmp eq ptr %23, null
  br i1 %24, label %25, label %34

25:
  %26 = load ptr, ptr %12, align 8
  %27 = call i1 @fill_in(ptr noundef %26) #2
  br i1 %27, label %29, label %28

28:
  store i32 -1, ptr %6, align 4
  br label %65

29:
  %30 = load ptr, ptr %12, align 8
  %31 = getelementptr inbounds %struct.place, ptr %30, i32 0, i32 0
  %32 = load atomic i64, ptr %31 acquire, align 8
  store i64 %32, ptr %15, align 8
  %33 = load ptr, ptr %15, align 8
  store ptr %33, ptr %13, align 8
  br label %34

34:
  %35 = load ptr, ptr %12, align 8
  %36 = getelementptr inbounds %struct.place, ptr %35, i32 0, i32 1
  %37 = load ptr, ptr %36, align 8
  %38 = load i64, ptr @fastact_glue_way, align 8
  %39 = getelementptr inbounds i8, ptr %37, i64 %38
  %40 = load ptr, ptr %39, align 8
  store ptr %40, ptr %16, align 8
  %41 = load ptr, ptr %16, align 8
  %42 = icmp ne ptr %41, null
  br i1 %42, label %43, label %57

43:
  %44 = load ptr, ptr %16, align 8
  %45 = load ptr, ptr %12, align 8
  %46 = getelementptr inbounds %struct.place, ptr %45, i32 0, i32 1
  %47 = load ptr, ptr %46, align 8
  %48 = load ptr, ptr %13, align 8
  %49 = load ptr, ptr %8, align 8
  %50 = load ptr, ptr %9, align 8
  %51 = load ptr, ptr %10, align 8
  %52 = load ptr, ptr %12, align 8
  %53 = getelementptr inbounds %struct.place, ptr %52, i32 0, i32 2
  %54 = load i64, ptr %53, align 8
  %55 = call i64 %44(ptr noundef %47, ptr noundef %48, ptr noundef %49, ptr noundef %50, ptr noundef %51, i64 noundef %54) #2
  %56 = trunc i64 %55 to i32
  store i32 %56, ptr %6, align 4
  br label %65

57:
  %58 = load ptr, ptr %13, align 8
  %59 = load ptr, ptr %8, align 8
  %60 = load ptr, ptr %9, align 8
  %61 = load ptr, ptr %10, align 8
  %62 = load ptr, ptr %12, align 8
  %63 = getelementptr inbounds %struct.place, ptr %62, i32 0, i32 1
  %64 = load ptr, ptr %63, align 8
  call void %58(ptr noundef %59, ptr noundef %60, ptr noundef %61, ptr noundef %64) #2
  store i32 0, ptr %6, align 4
  br label %65

65:
  %66 = load i32, ptr %6, align 4
  ret i32 %66
}

define internal ptr @place_of_call(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i32, align 4
  %6 = alloca i32, align 4
  store ptr %0, ptr %3, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.context, ptr %7, i32 0, i32 0
  %9 = load ptr, ptr %8, align 8
  %10 = call ptr @places_of(ptr noundef %9) #2
  store ptr %10, ptr %4, align 8
  %11 = load ptr, ptr %3, align 8
  %12 = getelementptr inbounds %struct.context, ptr %11, i32 0, i32 0
  %13 = load ptr, ptr %12, align 8
  %14 = load i64, ptr @fastact_glue_ntypes, align 8
  %15 = call ptr @inside(ptr noundef %13, i64 noundef %14) #2
  %16 = load i32, ptr %15, align 4
  %17 = sub nsw i32 %16, 1
  store i32 %17, ptr %5, align 4
  store i32 0, ptr %6, align 4
  br label %18

18:
  %19 = load i32, ptr %6, align 4
  %20 = load i32, ptr %5, align 4
  %21 = icmp slt i32 %19, %20
  br i1 %21, label %22, label %55

22:
  %23 = load ptr, ptr %3, align 8
  %24 = getelementptr inbounds %struct.context, ptr %23, i32 0, i32 2
  %25 = load ptr, ptr %24, align 8
  %26 = load ptr, ptr %4, align 8
  %27 = load i32, ptr %6, align 4
  %28 = sext i32 %27 to i64
  %29 = getelementptr inbounds ptr, ptr %26, i64 %28
  %30 = load ptr, ptr %29, align 8
  %31 = getelementptr inbounds %struct.place, ptr %30, i32 0, i32 4
  %32 = load i64, ptr %31, align 8
  %33 = getelementptr inbounds ptr, ptr %25, i64 %32
  %34 = load ptr, ptr %33, align 8
  %35 = call i32 @number_of(ptr noundef %34) #2
  %36 = sext i32 %35 to i64
  %37 = load ptr, ptr %4, align 8
  %38 = load i32, ptr %6, align 4
  %39 = sext i32 %38 to i64
  %40 = getelementptr inbounds ptr, ptr %37, i64 %39
  %41 = load ptr, ptr %40, align 8
  %42 = getelementptr inbounds %struct.place, ptr %41, i32 0, i32 3
  %43 = load i64, ptr %42, align 8
  %44 = icmp eq i64 %36, %43
  br i1 %44, label %45, label %51

45:
  %46 = load ptr, ptr %4, align 8
  %47 = load i32, ptr %6, align 4
  %48 = sext i32 %47 to i64
  %49 = getelementptr inbounds ptr, ptr %46, i64 %48
  %50 = load ptr, ptr %49, align 8
  store ptr %50, ptr %2, align 8
  br label %61

51:
  br label %52

52:
  %53 = load i32, ptr %6, align 4
  %54 = add nsw i32 %53, 1
  store i32 %54, ptr %6, align 4
  br label %18

55:
  %56 = load ptr, ptr %4, align 8
  %57 = load i32, ptr %5, align 4
  %58 = sext i32 %57 to i64
  %59 = getelementptr inbounds ptr, ptr %56, i64 %58
  %60 = load ptr, ptr %59, align 8
  store ptr %60, ptr %2, align 8
  br label %61

61:
  %62 = load ptr, ptr %2, align 8
  ret ptr %62
}

define internal i1 @fill_in(ptr noundef %0) #1 {
  %2 = alloca ptr, align 8
  %3 = alloca ptr, align 8
  %4 = alloca i32, align 4
  %5 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %6 = load ptr, ptr %2, align 8
  %7 = getelementptr inbounds %struct.place, ptr %6, i32 0, i32 8
  %8 = load ptr, ptr %7, align 8
  store ptr %8, ptr %3, align 8
  %9 = load ptr, ptr %3, align 8
  %10 = getelementptr inbounds %struct.python, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  %12 = call i32 %11() #2
  store i32 %12, ptr %4, align 4
  %13 = load ptr, ptr %3, align 8
  %14 = getelementptr inbounds %struct.python, ptr %13, i32 0, i32 2
  %15 = load ptr, ptr %14, align 8
  %16 = load ptr, ptr %2, align 8
  %17 = getelementptr inbounds %struct.place, ptr %16, i32 0, i32 5
  %18 = load ptr, ptr %17, align 8
  %19 = call ptr %15(ptr noundef %18) #2
  store ptr %19, ptr %5, align 8
  %20 = load ptr, ptr %5, align 8
  %21 = icmp ne ptr %20, null
  br i1 %21, label %22, label %27

22:
  %23 = load ptr, ptr %3, align 8
  %24 = getelementptr inbounds %struct.python, ptr %23, i32 0, i32 3
  %25 = load ptr, ptr %24, align 8
  %26 = load ptr, ptr %5, align 8
  call void %25(ptr noundef %26) #2
  br label %27

27:
  %28 = load ptr, ptr %3, align 8
  %29 = getelementptr inbounds %struct.python, ptr %28, i32 0, i32 1
  %30 = load ptr, ptr %29, align 8
  %31 = load i32, ptr %4, align 4
  call void %30(i32 noundef %31) #2
  %32 = load ptr, ptr %5, align 8
  %33 = icmp ne ptr %32, null
  ret i1 %33
}

define i32 @fastact_glue_native_fold(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i32, align 4
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca i8, align 1
  %15 = alloca [3 x ptr], align 16
  %16 = alloca i64, align 8
  %17 = alloca i32, align 4
  %18 = alloca i32, align 4
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store ptr %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %19 = load ptr, ptr %9, align 8
  %20 = getelementptr inbounds i64, ptr %19, i64 0
  %21 = load i64, ptr %20, align 8
  store i64 %21, ptr %12, align 8
  store i64 1, ptr %13, align 8
  %22 = load ptr, ptr %8, align 8
  %23 = getelementptr inbounds ptr, ptr %22, i64 0
  %24 = load ptr, ptr %23, align 8
  %25 = load ptr, ptr %10, align 8
  %26 = getelementptr inbounds i64, ptr %25, i64 0
  %27 = load i64, ptr %26, align 8
  %28 = getelementptr inbounds i8, ptr %24, i64 %27
  %29 = load ptr, ptr %8, align 8
  %30 = getelementptr inbounds ptr, ptr %29, i64 2
  %31 = load ptr, ptr %30, align 8
  %32 = icmp eq ptr %28, %31
  br i1 %32, label %33, label %41

33:
  %34 = load ptr, ptr %10, align 8
  %35 = getelementptr inbounds i64, ptr %34, i64 0
  %36 = load i64, ptr %35, align 8
  %37 = load ptr, ptr %10, align 8
  %38 = getelementptr inbounds i64, ptr %37, i64 2
  %39 = load i64, ptr %38, align 8
  %40 = icmp eq i64 %36, %39
  br label %41

41:
  %42 = phi i1 [ false, %5 ], [ %40, %33 ]
  %43 = zext i1 %42 to i8
  store i8 %43, ptr %14, align 1
  %44 = load i8, ptr %14, align 1
  %45 = trunc i8 %44 to i1
  br i1 %45, label %46, label %49

46:
  %47 = load i64, ptr %12, align 8
  %48 = icmp sle i64 %47, 1
  br i1 %48, label %49, label %56

49:
  %50 = load ptr, ptr %7, align 8
  %51 = load ptr, ptr %8, align 8
  %52 = load ptr, ptr %9, align 8
  %53 = load ptr, ptr %10, align 8
  %54 = load ptr, ptr %11, align 8
  %55 = call i32 @fastact_glue_native(ptr noundef %50, ptr noundef %51, ptr noundef %52, ptr noundef %53, ptr noundef %54) #2
  store i32 %55, ptr %6, align 4
  br label %105

56:
  %57 = load ptr, ptr %8, align 8
  %58 = getelementptr inbounds ptr, ptr %57, i64 0
  %59 = load ptr, ptr %58, align 8
  store ptr %59, ptr %15, align 8
  %60 = getelementptr inbounds ptr, ptr %15, i64 1
  %61 = load ptr, ptr %8, align 8
  %62 = getelementptr inbounds ptr, ptr %61, i64 1
  %63 = load ptr, ptr %62, align 8
  store ptr %63, ptr %60, align 8
  %64 = getelementptr inbounds ptr, ptr %15, i64 2
  %65 = load ptr, ptr %8, align 8
  %66 = getelementptr inbounds ptr, ptr %65, i64 2
  %67 = load ptr, ptr %66, align 8
  store ptr %67, ptr %64, align 8
  store i64 0, ptr %16, align 8
  br label %68

68:
  %69 = load i64, ptr %16, align 8
  %70 = load i64, ptr %12, align 8
  %71 = icmp slt i64 %69, %70
  br i1 %71, label %72, label %104

72:
  %73 = load ptr, ptr %7, align 8
  %74 = getelementptr inbounds [3 x ptr], ptr %15, i64 0, i64 0
  %75 = load ptr, ptr %10, align 8
  %76 = load ptr, ptr %11, align 8
  %77 = call i32 @fastact_glue_native(ptr noundef %73, ptr noundef %74, ptr noundef %13, ptr noundef %75, ptr noundef %76) #2
  store i32 %77, ptr %17, align 4
  %78 = load i32, ptr %17, align 4
  %79 = icmp ne i32 %78, 0
  br i1 %79, label %80, label %82

80:
  %81 = load i32, ptr %17, align 4
  store i32 %81, ptr %6, align 4
  br label %105

82:
  store i32 0, ptr %18, align 4
  br label %83

83:
  %84 = load i32, ptr %18, align 4
  %85 = icmp slt i32 %84, 3
  br i1 %85, label %86, label %100

86:
  %87 = load ptr, ptr %10, align 8
  %88 = load i32, ptr %18, align 4
  %89 = sext i32 %88 to i64
  %90 = getelementptr inbounds i64, ptr %87, i64 %89
  %91 = load i64, ptr %90, align 8
  %92 = load i32, ptr %18, align 4
  %93 = sext i32 %92 to i64
  %94 = getelementptr inbounds [3 x ptr], ptr %15, i64 0, i64 %93
  %95 = load ptr, ptr %94, align 8
  %96 = getelementptr inbounds i8, ptr %95, i64 %91
  store ptr %96, ptr %94, align 8
  br label %97

97:
  %98 = load i32, ptr %18, align 4
  %99 = add nsw i32 %98, 1
  store i32 %99, ptr %18, align 4
  br label %83

100:
  br label %101

101:
  %102 = load i64, ptr %16, align 8
  %103 = add nsw i64 %102, 1
  store i64 %103, ptr %16, align 8
  br label %68

104:
  store i32 0, ptr %6, align 4
  br label %105

105:
  %106 = load i32, ptr %6, align 4
  ret i32 %106
}

define ptr @fastact_glue_native_guarded(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca i8, align 1
  %13 = alloca i64, align 8
  %14 = alloca i64, align 8
  %15 = alloca [2 x ptr], align 16
  %16 = alloca ptr, align 8
  %17 = alloca ptr, align 8
  %18 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %19 = load ptr, ptr %6, align 8
  %20 = call ptr @places_of(ptr noundef %19) #2
  %21 = getelementptr inbounds ptr, ptr %20, i64 0
  %22 = load ptr, ptr %21, align 8
  store ptr %22, ptr %10, align 8
  %23 = load ptr, ptr %10, align 8
  %24 = getelementptr inbounds %struct.place, ptr %23, i32 0, i32 8
  %25 = load ptr, ptr %24, align 8
  store ptr %25, ptr %11, align 8
  store i8 0, ptr %12, align 1
  %26 = load ptr, ptr %9, align 8
  %27 = icmp eq ptr %26, null
  br i1 %27, label %28, label %29

28:
  br label %35

29:
  %30 = load ptr, ptr %11, align 8
  %31 = getelementptr inbounds %struct.python, ptr %30, i32 0, i32 5
  %32 = load ptr, ptr %31, align 8
  %33 = load ptr, ptr %9, align 8
  %34 = call i64 %32(ptr noundef %33) #2
  br label %35

35:
  %36 = phi i64 [ 0, %28 ], [ %34, %29 ]
  store i64 %36, ptr %13, align 8
  store i64 0, ptr %14, align 8
  br label %37

37:
  %38 = load i64, ptr %14, align 8
  %39 = load i64, ptr %13, align 8
  %40 = icmp slt i64 %38, %39
  br i1 %40, label %41, label %84

41:
  %42 = load ptr, ptr %11, align 8
  %43 = getelementptr inbounds %struct.python, ptr %42, i32 0, i32 6
  %44 = load ptr, ptr %43, align 8
  %45 = load ptr, ptr %9, align 8
  %46 = load i64, ptr %14, align 8
  %47 = call ptr %44(ptr noundef %45, i64 noundef %46) #2
  store ptr %47, ptr %15, align 8
  %48 = getelementptr inbounds ptr, ptr %15, i64 1
  %49 = load ptr, ptr %7, align 8
  %50 = load i64, ptr %8, align 8
  %51 = load i64, ptr %14, align 8
  %52 = add nsw i64 %50, %51
  %53 = getelementptr inbounds ptr, ptr %49, i64 %52
  %54 = load ptr, ptr %53, align 8
  store ptr %54, ptr %48, align 8
  %55 = load ptr, ptr %11, align 8
  %56 = getelementptr inbounds [2 x ptr], ptr %15, i64 0, i64 0
  %57 = load ptr, ptr %56, align 16
  %58 = getelementptr inbounds [2 x ptr], ptr %15, i64 0, i64 1
  %59 = load ptr, ptr %58, align 8
  %60 = load ptr, ptr %7, align 8
  %61 = load i64, ptr %8, align 8
  %62 = call i1 @is_usual(ptr noundef %55, ptr noundef %57, ptr noundef %59, ptr noundef %60, i64 noundef %61) #2
  br i1 %62, label %63, label %64

63:
  br label %81

64:
  %65 = load ptr, ptr %11, align 8
  %66 = getelementptr inbounds %struct.python, ptr %65, i32 0, i32 4
  %67 = load ptr, ptr %66, align 8
  %68 = load ptr, ptr %10, align 8
  %69 = getelementptr inbounds %struct.place, ptr %68, i32 0, i32 6
  %70 = load ptr, ptr %69, align 8
  %71 = getelementptr inbounds [2 x ptr], ptr %15, i64 0, i64 0
  %72 = call ptr %67(ptr noundef %70, ptr noundef %71, i64 noundef 2, ptr noundef null) #2
  store ptr %72, ptr %16, align 8
  %73 = load ptr, ptr %16, align 8
  %74 = icmp eq ptr %73, null
  br i1 %74, label %75, label %76

75:
  store ptr null, ptr %5, align 8
  br label %121

76:
  %77 = load ptr, ptr %11, align 8
  %78 = getelementptr inbounds %struct.python, ptr %77, i32 0, i32 3
  %79 = load ptr, ptr %78, align 8
  %80 = load ptr, ptr %16, align 8
  call void %79(ptr noundef %80) #2
  store i8 1, ptr %12, align 1
  br label %81

81:
  %82 = load i64, ptr %14, align 8
  %83 = add nsw i64 %82, 1
  store i64 %83, ptr %14, align 8
  br label %37

84:
  %85 = load i8, ptr %12, align 1
  %86 = trunc i8 %85 to i1
  br i1 %86, label %96, label %87

87:
  %88 = load ptr, ptr %11, align 8
  %89 = getelementptr inbounds %struct.python, ptr %88, i32 0, i32 4
  %90 = load ptr, ptr %89, align 8
  %91 = load ptr, ptr %6, align 8
  %92 = load ptr, ptr %7, align 8
  %93 = load i64, ptr %8, align 8
  %94 = load ptr, ptr %9, align 8
  %95 = call ptr %90(ptr noundef %91, ptr noundef %92, i64 noundef %93, ptr noundef %94) #2
  store ptr %95, ptr %5, align 8
  br label %121

96:
  %97 = load ptr, ptr %11, align 8
  %98 = getelementptr inbounds %struct.python, ptr %97, i32 0, i32 4
  %99 = load ptr, ptr %98, align 8
  %100 = load ptr, ptr %10, align 8
  %101 = getelementptr inbounds %struct.place, ptr %100, i32 0, i32 7
  %102 = load ptr, ptr %101, align 8
  %103 = call ptr %99(ptr noundef %102, ptr noundef %6, i64 noundef 1, ptr noundef null) #2
  store ptr %103, ptr %17, align 8
  %104 = load ptr, ptr %17, align 8
  %105 = icmp eq ptr %104, null
  br i1 %105, label %106, label %107

106:
  store ptr null, ptr %5, align 8
  br label %121

107:
  %108 = load ptr, ptr %11, align 8
  %109 = getelementptr inbounds %struct.python, ptr %108, i32 0, i32 4
  %110 = load ptr, ptr %109, align 8
  %111 = load ptr, ptr %17, align 8
  %112 = load ptr, ptr %7, align 8
  %113 = load i64, ptr %8, align 8
  %114 = load ptr, ptr %9, align 8
  %115 = call ptr %110(ptr noundef %111, ptr noundef %112, i64 noundef %113, ptr noundef %114) #2
  store ptr %115, ptr %18, align 8
  %116 = load ptr, ptr %11, align 8
  %117 = getelementptr inbounds %struct.python, ptr %116, i32 0, i32 3
  %118 = load ptr, ptr %117, align 8
  %119 = load ptr, ptr %17, align 8
  call void %118(ptr noundef %119) #2
  %120 = load ptr, ptr %18, align 8
  store ptr %120, ptr %5, align 8
  br label %121

121:
  %122 = load ptr, ptr %5, align 8
  ret ptr %122
}

define internal ptr @places_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_data, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #2
  %6 = load ptr, ptr %5, align 8
  ret ptr %6
}

define internal i1 @is_usual(ptr noundef %0, ptr noundef %1, ptr noundef %2, ptr noundef %3, i64 noundef %4) #0 {
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca ptr, align 8
  %10 = alloca i64, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store ptr %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  store i64 %4, ptr %10, align 8
  %11 = load ptr, ptr %7, align 8
  %12 = load ptr, ptr %6, align 8
  %13 = getelementptr inbounds %struct.python, ptr %12, i32 0, i32 15
  %14 = load ptr, ptr %13, align 8
  %15 = icmp eq ptr %11, %14
  br i1 %15, label %16, label %45

16:
  %17 = load i64, ptr %10, align 8
  %18 = icmp sgt i64 %17, 0
  br i1 %18, label %19, label %45

19:
  %20 = load ptr, ptr %8, align 8
  %21 = load ptr, ptr %6, align 8
  %22 = getelementptr inbounds %struct.python, ptr %21, i32 0, i32 9
  %23 = load ptr, ptr %22, align 8
  %24 = call i1 @is_a(ptr noundef %20, ptr noundef %23) #2
  br i1 %24, label %25, label %45

25:
  %26 = load ptr, ptr %9, align 8
  %27 = getelementptr inbounds ptr, ptr %26, i64 0
  %28 = load ptr, ptr %27, align 8
  %29 = load ptr, ptr %6, align 8
  %30 = getelementptr inbounds %struct.python, ptr %29, i32 0, i32 9
  %31 = load ptr, ptr %30, align 8
  %32 = call i1 @is_a(ptr noundef %28, ptr noundef %31) #2
  br i1 %32, label %33, label %45

33:
  %34 = load ptr, ptr %8, align 8
  %35 = call ptr @array_of(ptr noundef %34) #2
  %36 = getelementptr inbounds %struct.array, ptr %35, i32 0, i32 5
  %37 = load ptr, ptr %36, align 8
  %38 = load ptr, ptr %9, align 8
  %39 = getelementptr inbounds ptr, ptr %38, i64 0
  %40 = load ptr, ptr %39, align 8
  %41 = call ptr @array_of(ptr noundef %40) #2
  %42 = getelementptr inbounds %struct.array, ptr %41, i32 0, i32 5
  %43 = load ptr, ptr %42, align 8
  %44 = icmp eq ptr %37, %43
  br label %45

45:
  %46 = phi i1 [ false, %25 ], [ false, %19 ], [ false, %16 ], [ false, %5 ], [ %44, %33 ]
  ret i1 %46
}

define ptr @fastact_glue_native_plainly(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3) #0 {
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  %10 = alloca ptr, align 8
  %11 = alloca %struct.call, align 8
  %12 = alloca i64, align 8
  %13 = alloca i64, align 8
  %14 = alloca ptr, align 8
  store ptr %0, ptr %6, align 8
  store ptr %1, ptr %7, align 8
  store i64 %2, ptr %8, align 8
  store ptr %3, ptr %9, align 8
  %15 = load ptr, ptr %6, align 8
  %16 = call ptr @items(ptr noundef %15) #2
  store ptr %16, ptr %10, align 8
  %17 = load ptr, ptr %10, align 8
  %18 = getelementptr inbounds %struct.plain, ptr %17, i32 0, i32 0
  %19 = load ptr, ptr %18, align 8
  %20 = call ptr @places_of(ptr noundef %19) #2
  %21 = getelementptr inbounds ptr, ptr %20, i64 0
  %22 = load ptr, ptr %21, align 8
  %23 = getelementptr inbounds %struct.place, ptr %22, i32 0, i32 8
  %24 = load ptr, ptr %23, align 8
  %25 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  store ptr %24, ptr %25, align 8
  %26 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 3
  store ptr null, ptr %26, align 8
  %27 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 2
  store ptr null, ptr %27, align 8
  %28 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 4
  store i64 0, ptr %28, align 8
  %29 = load ptr, ptr %7, align 8
  %30 = load i64, ptr %8, align 8
  %31 = load ptr, ptr %9, align 8
  %32 = load ptr, ptr %10, align 8
  %33 = getelementptr inbounds %struct.plain, ptr %32, i32 0, i32 3
  %34 = load ptr, ptr %33, align 8
  %35 = call i1 @read_arguments(ptr noundef %11, ptr noundef %29, i64 noundef %30, ptr noundef %31, ptr noundef %34) #2
  br i1 %35, label %36, label %70

36:
  %37 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %38 = load ptr, ptr %37, align 8
  %39 = getelementptr inbounds %struct.python, ptr %38, i32 0, i32 5
  %40 = load ptr, ptr %39, align 8
  %41 = load ptr, ptr %10, align 8
  %42 = getelementptr inbounds %struct.plain, ptr %41, i32 0, i32 2
  %43 = load ptr, ptr %42, align 8
  %44 = call i64 %40(ptr noundef %43) #2
  store i64 %44, ptr %12, align 8
  store i64 0, ptr %13, align 8
  br label %45

45:
  %46 = load i64, ptr %13, align 8
  %47 = load i64, ptr %12, align 8
  %48 = icmp slt i64 %46, %47
  br i1 %48, label %49, label %69

49:
  %50 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %51 = load ptr, ptr %50, align 8
  %52 = getelementptr inbounds %struct.python, ptr %51, i32 0, i32 6
  %53 = load ptr, ptr %52, align 8
  %54 = load ptr, ptr %10, align 8
  %55 = getelementptr inbounds %struct.plain, ptr %54, i32 0, i32 2
  %56 = load ptr, ptr %55, align 8
  %57 = load i64, ptr %13, align 8
  %58 = call ptr %53(ptr noundef %56, i64 noundef %57) #2
  %59 = call ptr @items(ptr noundef %58) #2
  store ptr %59, ptr %14, align 8
  %60 = load ptr, ptr %14, align 8
  %61 = call i1 @has_form(ptr noundef %11, ptr noundef %60) #2
  br i1 %61, label %62, label %65

62:
  %63 = load ptr, ptr %14, align 8
  %64 = call ptr @run_form(ptr noundef %11, ptr noundef %63) #2
  store ptr %64, ptr %5, align 8
  br label %82

65:
  br label %66

66:
  %67 = load i64, ptr %13, align 8
  %68 = add nsw i64 %67, 1
  store i64 %68, ptr %13, align 8
  br label %45

69:
  br label %70

70:
  %71 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %72 = load ptr, ptr %71, align 8
  %73 = getelementptr inbounds %struct.python, ptr %72, i32 0, i32 4
  %74 = load ptr, ptr %73, align 8
  %75 = load ptr, ptr %10, align 8
  %76 = getelementptr inbounds %struct.plain, ptr %75, i32 0, i32 1
  %77 = load ptr, ptr %76, align 8
  %78 = load ptr, ptr %7, align 8
  %79 = load i64, ptr %8, align 8
  %80 = load ptr, ptr %9, align 8
  %81 = call ptr %74(ptr noundef %77, ptr noundef %78, i64 noundef %79, ptr noundef %80) #2
  store ptr %81, ptr %5, align 8
  br label %82

82:
  %83 = load ptr, ptr %5, align 8
  ret ptr %83
}

define internal ptr @items(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_tuple, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #2
  ret ptr %5
}

define internal i1 @read_arguments(ptr noundef %0, ptr noundef %1, i64 noundef %2, ptr noundef %3, ptr noundef %4) #0 {
  %6 = alloca i1, align 1
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca i64, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  %12 = alloca ptr, align 8
  %13 = alloca i32, align 4
  %14 = alloca i64, align 8
  %15 = alloca i64, align 8
  %16 = alloca ptr, align 8
  %17 = alloca ptr, align 8
  store ptr %0, ptr %7, align 8
  store ptr %1, ptr %8, align 8
  store i64 %2, ptr %9, align 8
  store ptr %3, ptr %10, align 8
  store ptr %4, ptr %11, align 8
  %18 = load ptr, ptr %7, align 8
  %19 = getelementptr inbounds %struct.call, ptr %18, i32 0, i32 0
  %20 = load ptr, ptr %19, align 8
  store ptr %20, ptr %12, align 8
  %21 = load i64, ptr %9, align 8
  %22 = icmp ne i64 %21, 1
  br i1 %22, label %39, label %23

23:
  %24 = load ptr, ptr %8, align 8
  %25 = getelementptr inbounds ptr, ptr %24, i64 0
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %12, align 8
  %28 = getelementptr inbounds %struct.python, ptr %27, i32 0, i32 9
  %29 = load ptr, ptr %28, align 8
  %30 = call i1 @is_a(ptr noundef %26, ptr noundef %29) #2
  br i1 %30, label %31, label %39

31:
  %32 = load ptr, ptr %8, align 8
  %33 = getelementptr inbounds ptr, ptr %32, i64 0
  %34 = load ptr, ptr %33, align 8
  %35 = call ptr @array_of(ptr noundef %34) #2
  %36 = getelementptr inbounds %struct.array, ptr %35, i32 0, i32 1
  %37 = load i32, ptr %36, align 8
  %38 = icmp eq i32 %37, 0
  br i1 %38, label %39, label %40

39:
  store i1 false, ptr %6, align 1
  br label %138

40:
  %41 = load ptr, ptr %8, align 8
  %42 = getelementptr inbounds ptr, ptr %41, i64 0
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %7, align 8
  %45 = getelementptr inbounds %struct.call, ptr %44, i32 0, i32 1
  store ptr %43, ptr %45, align 8
  %46 = load ptr, ptr %7, align 8
  %47 = getelementptr inbounds %struct.call, ptr %46, i32 0, i32 1
  %48 = load ptr, ptr %47, align 8
  %49 = call ptr @array_of(ptr noundef %48) #2
  %50 = getelementptr inbounds %struct.array, ptr %49, i32 0, i32 5
  %51 = load ptr, ptr %50, align 8
  %52 = call i32 @number_of(ptr noundef %51) #2
  store i32 %52, ptr %13, align 4
  %53 = load i32, ptr %13, align 4
  %54 = icmp eq i32 %53, 12
  br i1 %54, label %55, label %56

55:
  br label %61

56:
  %57 = load i32, ptr %13, align 4
  %58 = icmp eq i32 %57, 11
  %59 = zext i1 %58 to i64
  %60 = select i1 %58, i32 1, i32 0
  br label %61

61:
  %62 = phi i32 [ 2, %55 ], [ %60, %56 ]
  %63 = sext i32 %62 to i64
  %64 = load ptr, ptr %7, align 8
  %65 = getelementptr inbounds %struct.call, ptr %64, i32 0, i32 5
  store i64 %63, ptr %65, align 8
  %66 = load ptr, ptr %7, align 8
  %67 = getelementptr inbounds %struct.call, ptr %66, i32 0, i32 5
  %68 = load i64, ptr %67, align 8
  %69 = icmp eq i64 %68, 0
  br i1 %69, label %70, label %74

70:
  %71 = load i32, ptr %13, align 4
  %72 = icmp ne i32 %71, 23
  br i1 %72, label %73, label %74

73:
  store i1 false, ptr %6, align 1
  br label %138

74:
  %75 = load ptr, ptr %10, align 8
  %76 = icmp eq ptr %75, null
  br i1 %76, label %77, label %78

77:
  br label %84

78:
  %79 = load ptr, ptr %12, align 8
  %80 = getelementptr inbounds %struct.python, ptr %79, i32 0, i32 5
  %81 = load ptr, ptr %80, align 8
  %82 = load ptr, ptr %10, align 8
  %83 = call i64 %81(ptr noundef %82) #2
  br label %84

84:
  %85 = phi i64 [ 0, %77 ], [ %83, %78 ]
  store i64 %85, ptr %14, align 8
  store i64 0, ptr %15, align 8
  br label %86

86:
  %87 = load i64, ptr %15, align 8
  %88 = load i64, ptr %14, align 8
  %89 = icmp slt i64 %87, %88
  br i1 %89, label %90, label %137

90:
  %91 = load ptr, ptr %12, align 8
  %92 = getelementptr inbounds %struct.python, ptr %91, i32 0, i32 6
  %93 = load ptr, ptr %92, align 8
  %94 = load ptr, ptr %10, align 8
  %95 = load i64, ptr %15, align 8
  %96 = call ptr %93(ptr noundef %94, i64 noundef %95) #2
  store ptr %96, ptr %16, align 8
  %97 = load ptr, ptr %8, align 8
  %98 = load i64, ptr %15, align 8
  %99 = add nsw i64 1, %98
  %100 = getelementptr inbounds ptr, ptr %97, i64 %99
  %101 = load ptr, ptr %100, align 8
  store ptr %101, ptr %17, align 8
  %102 = load ptr, ptr %16, align 8
  %103 = load ptr, ptr %11, align 8
  %104 = icmp eq ptr %102, %103
  br i1 %104, label %105, label %112

105:
  %106 = load ptr, ptr %17, align 8
  %107 = load ptr, ptr %12, align 8
  %108 = getelementptr inbounds %struct.python, ptr %107, i32 0, i32 12
  %109 = load ptr, ptr %108, align 8
  %110 = icmp eq ptr %106, %109
  br i1 %110, label %111, label %112

111:
  br label %134

112:
  %113 = load ptr, ptr %7, align 8
  %114 = getelementptr inbounds %struct.call, ptr %113, i32 0, i32 4
  %115 = load i64, ptr %114, align 8
  %116 = icmp eq i64 %115, 4
  br i1 %116, label %117, label %118

117:
  store i1 false, ptr %6, align 1
  br label %138

118:
  %119 = load ptr, ptr %16, align 8
  %120 = load ptr, ptr %7, align 8
  %121 = getelementptr inbounds %struct.call, ptr %120, i32 0, i32 6
  %122 = load ptr, ptr %7, align 8
  %123 = getelementptr inbounds %struct.call, ptr %122, i32 0, i32 4
  %124 = load i64, ptr %123, align 8
  %125 = getelementptr inbounds [4 x ptr], ptr %121, i64 0, i64 %124
  store ptr %119, ptr %125, align 8
  %126 = load ptr, ptr %17, align 8
  %127 = load ptr, ptr %7, align 8
  %128 = getelementptr inbounds %struct.call, ptr %127, i32 0, i32 7
  %129 = load ptr, ptr %7, align 8
  %130 = getelementptr inbounds %struct.call, ptr %129, i32 0, i32 4
  %131 = load i64, ptr %130, align 8
  %132 = add nsw i64 %131, 1
  store i64 %132, ptr %130, align 8
  %133 = getelementptr inbounds [4 x ptr], ptr %128, i64 0, i64 %131
  store ptr %126, ptr %133, align 8
  br label %134

134:
  %135 = load i64, ptr %15, align 8
  %136 = add nsw i64 %135, 1
  store i64 %136, ptr %15, align 8
  br label %86

137:
  store i1 true, ptr %6, align 1
  br label %138

138:
  %139 = load i1, ptr %6, align 1
  ret i1 %139
}

define internal i1 @has_form(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i8, align 1
  %9 = alloca i64, align 8
  %10 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %11 = load ptr, ptr %4, align 8
  %12 = getelementptr inbounds %struct.call, ptr %11, i32 0, i32 0
  %13 = load ptr, ptr %12, align 8
  store ptr %13, ptr %6, align 8
  %14 = load ptr, ptr %6, align 8
  %15 = getelementptr inbounds %struct.python, ptr %14, i32 0, i32 5
  %16 = load ptr, ptr %15, align 8
  %17 = load ptr, ptr %5, align 8
  %18 = getelementptr inbounds %struct.form, ptr %17, i32 0, i32 0
  %19 = load ptr, ptr %18, align 8
  %20 = call i64 %16(ptr noundef %19) #2
  %21 = load ptr, ptr %4, align 8
  %22 = getelementptr inbounds %struct.call, ptr %21, i32 0, i32 4
  %23 = load i64, ptr %22, align 8
  %24 = icmp ne i64 %20, %23
  br i1 %24, label %25, label %26

25:
  store i1 false, ptr %3, align 1
  br label %99

26:
  store i64 0, ptr %7, align 8
  br label %27

27:
  %28 = load i64, ptr %7, align 8
  %29 = load ptr, ptr %4, align 8
  %30 = getelementptr inbounds %struct.call, ptr %29, i32 0, i32 4
  %31 = load i64, ptr %30, align 8
  %32 = icmp slt i64 %28, %31
  br i1 %32, label %33, label %73

33:
  store i8 0, ptr %8, align 1
  store i64 0, ptr %9, align 8
  br label %34

34:
  %35 = load i64, ptr %9, align 8
  %36 = load ptr, ptr %4, align 8
  %37 = getelementptr inbounds %struct.call, ptr %36, i32 0, i32 4
  %38 = load i64, ptr %37, align 8
  %39 = icmp slt i64 %35, %38
  br i1 %39, label %40, label %65

40:
  %41 = load ptr, ptr %6, align 8
  %42 = getelementptr inbounds %struct.python, ptr %41, i32 0, i32 6
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %5, align 8
  %45 = getelementptr inbounds %struct.form, ptr %44, i32 0, i32 0
  %46 = load ptr, ptr %45, align 8
  %47 = load i64, ptr %9, align 8
  %48 = call ptr %43(ptr noundef %46, i64 noundef %47) #2
  %49 = load ptr, ptr %4, align 8
  %50 = getelementptr inbounds %struct.call, ptr %49, i32 0, i32 6
  %51 = load i64, ptr %7, align 8
  %52 = getelementptr inbounds [4 x ptr], ptr %50, i64 0, i64 %51
  %53 = load ptr, ptr %52, align 8
  %54 = icmp eq ptr %48, %53
  %55 = zext i1 %54 to i32
  %56 = load i8, ptr %8, align 1
  %57 = trunc i8 %56 to i1
  %58 = zext i1 %57 to i32
  %59 = or i32 %58, %55
  %60 = icmp ne i32 %59, 0
  %61 = zext i1 %60 to i8
  store i8 %61, ptr %8, align 1
  br label %62

62:
  %63 = load i64, ptr %9, align 8
  %64 = add nsw i64 %63, 1
  store i64 %64, ptr %9, align 8
  br label %34

65:
  %66 = load i8, ptr %8, align 1
  %67 = trunc i8 %66 to i1
  br i1 %67, label %69, label %68

68:
  store i1 false, ptr %3, align 1
  br label %99

69:
  br label %70

70:
  %71 = load i64, ptr %7, align 8
  %72 = add nsw i64 %71, 1
  store i64 %72, ptr %7, align 8
  br label %27

73:
  store i64 0, ptr %10, align 8
  br label %74

74:
  %75 = load i64, ptr %10, align 8
  %76 = load ptr, ptr %4, align 8
  %77 = getelementptr inbounds %struct.call, ptr %76, i32 0, i32 4
  %78 = load i64, ptr %77, align 8
  %79 = icmp slt i64 %75, %78
  br i1 %79, label %80, label %98

80:
  %81 = load ptr, ptr %4, align 8
  %82 = load ptr, ptr %4, align 8
  %83 = getelementptr inbounds %struct.call, ptr %82, i32 0, i32 6
  %84 = load i64, ptr %10, align 8
  %85 = getelementptr inbounds [4 x ptr], ptr %83, i64 0, i64 %84
  %86 = load ptr, ptr %85, align 8
  %87 = load ptr, ptr %4, align 8
  %88 = getelementptr inbounds %struct.call, ptr %87, i32 0, i32 7
  %89 = load i64, ptr %10, align 8
  %90 = getelementptr inbounds [4 x ptr], ptr %88, i64 0, i64 %89
  %91 = load ptr, ptr %90, align 8
  %92 = call i1 @is_plain(ptr noundef %81, ptr noundef %86, ptr noundef %91) #2
  br i1 %92, label %94, label %93

93:
  store i1 false, ptr %3, align 1
  br label %99

94:
  br label %95

95:
  %96 = load i64, ptr %10, align 8
  %97 = add nsw i64 %96, 1
  store i64 %97, ptr %10, align 8
  br label %74

98:
  store i1 true, ptr %3, align 1
  br label %99

99:
  %100 = load i1, ptr %3, align 1
  ret i1 %100
}

define internal ptr @run_form(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.call, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  store ptr %11, ptr %6, align 8
  %12 = load ptr, ptr %4, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = call i1 @make_factor(ptr noundef %12, ptr noundef %13) #2
  br i1 %14, label %16, label %15

15:
  store ptr null, ptr %3, align 8
  br label %61

16:
  %17 = load ptr, ptr %6, align 8
  %18 = getelementptr inbounds %struct.python, ptr %17, i32 0, i32 5
  %19 = load ptr, ptr %18, align 8
  %20 = load ptr, ptr %5, align 8
  %21 = getelementptr inbounds %struct.form, ptr %20, i32 0, i32 2
  %22 = load ptr, ptr %21, align 8
  %23 = call i64 %19(ptr noundef %22) #2
  store i64 %23, ptr %7, align 8
  store i64 0, ptr %8, align 8
  br label %24

24:
  %25 = load i64, ptr %8, align 8
  %26 = load i64, ptr %7, align 8
  %27 = icmp slt i64 %25, %26
  br i1 %27, label %28, label %39

28:
  %29 = load ptr, ptr %4, align 8
  %30 = load ptr, ptr %6, align 8
  %31 = getelementptr inbounds %struct.python, ptr %30, i32 0, i32 6
  %32 = load ptr, ptr %31, align 8
  %33 = load ptr, ptr %5, align 8
  %34 = getelementptr inbounds %struct.form, ptr %33, i32 0, i32 2
  %35 = load ptr, ptr %34, align 8
  %36 = load i64, ptr %8, align 8
  %37 = call ptr %32(ptr noundef %35, i64 noundef %36) #2
  %38 = call i1 @run_step(ptr noundef %29, ptr noundef %37) #2
  br label %39

39:
  %40 = phi i1 [ false, %24 ], [ %38, %28 ]
  br i1 %40, label %41, label %45

41:
  br label %42

42:
  %43 = load i64, ptr %8, align 8
  %44 = add nsw i64 %43, 1
  store i64 %44, ptr %8, align 8
  br label %24

45:
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.call, ptr %46, i32 0, i32 3
  %48 = load ptr, ptr %47, align 8
  %49 = icmp ne ptr %48, null
  br i1 %49, label %50, label %57

50:
  %51 = load ptr, ptr %6, align 8
  %52 = getelementptr inbounds %struct.python, ptr %51, i32 0, i32 3
  %53 = load ptr, ptr %52, align 8
  %54 = load ptr, ptr %4, align 8
  %55 = getelementptr inbounds %struct.call, ptr %54, i32 0, i32 3
  %56 = load ptr, ptr %55, align 8
  call void %53(ptr noundef %56) #2
  br label %57

57:
  %58 = load ptr, ptr %4, align 8
  %59 = getelementptr inbounds %struct.call, ptr %58, i32 0, i32 2
  %60 = load ptr, ptr %59, align 8
  store ptr %60, ptr %3, align 8
  br label %61

61:
  %62 = load ptr, ptr %3, align 8
  ret ptr %62
}

define internal ptr @inside(ptr noundef %0, i64 noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca i64, align 8
  store ptr %0, ptr %3, align 8
  store i64 %1, ptr %4, align 8
  %5 = load ptr, ptr %3, align 8
  %6 = load i64, ptr %4, align 8
  %7 = getelementptr inbounds i8, ptr %5, i64 %6
  ret ptr %7
}

define internal i32 @number_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = add nsw i64 %4, 12
  %6 = call ptr @inside(ptr noundef %3, i64 noundef %5) #2
  %7 = load i32, ptr %6, align 4
  ret i32 %7
}

define internal i1 @is_a(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %5 = load ptr, ptr %3, align 8
  %6 = load i64, ptr @fastact_glue_head, align 8
  %7 = sub nsw i64 %6, 8
  %8 = call ptr @inside(ptr noundef %5, i64 noundef %7) #2
  %9 = load ptr, ptr %8, align 8
  %10 = load ptr, ptr %4, align 8
  %11 = icmp eq ptr %9, %10
  ret i1 %11
}

define internal ptr @array_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  store ptr %0, ptr %2, align 8
  %3 = load ptr, ptr %2, align 8
  %4 = load i64, ptr @fastact_glue_head, align 8
  %5 = call ptr @inside(ptr noundef %3, i64 noundef %4) #2
  ret ptr %5
}

define internal i1 @is_plain(ptr noundef %0, ptr noundef %1, ptr noundef %2) #0 {
  %4 = alloca i1, align 1
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca ptr, align 8
  %8 = alloca ptr, align 8
  %9 = alloca double, align 8
  %10 = alloca ptr, align 8
  %11 = alloca ptr, align 8
  store ptr %0, ptr %5, align 8
  store ptr %1, ptr %6, align 8
  store ptr %2, ptr %7, align 8
  %12 = load ptr, ptr %5, align 8
  %13 = getelementptr inbounds %struct.call, ptr %12, i32 0, i32 0
  %14 = load ptr, ptr %13, align 8
  store ptr %14, ptr %8, align 8
  %15 = load ptr, ptr %6, align 8
  %16 = load ptr, ptr %8, align 8
  %17 = getelementptr inbounds %struct.python, ptr %16, i32 0, i32 17
  %18 = load ptr, ptr %17, align 8
  %19 = icmp eq ptr %15, %18
  br i1 %19, label %20, label %42

20:
  %21 = load ptr, ptr %7, align 8
  %22 = load ptr, ptr %8, align 8
  %23 = getelementptr inbounds %struct.python, ptr %22, i32 0, i32 10
  %24 = load ptr, ptr %23, align 8
  %25 = call i1 @is_a(ptr noundef %21, ptr noundef %24) #2
  br i1 %25, label %26, label %28

26:
  %27 = call i1 @in_default_mode() #2
  br i1 %27, label %29, label %28

28:
  store i1 false, ptr %4, align 1
  br label %99

29:
  %30 = load ptr, ptr %8, align 8
  %31 = getelementptr inbounds %struct.python, ptr %30, i32 0, i32 7
  %32 = load ptr, ptr %31, align 8
  %33 = load ptr, ptr %7, align 8
  %34 = call double %32(ptr noundef %33) #2
  store double %34, ptr %9, align 8
  %35 = load double, ptr %9, align 8
  %36 = fcmp ole double 0x1FF0000000000000, %35
  br i1 %36, label %37, label %40

37:
  %38 = load double, ptr %9, align 8
  %39 = fcmp ole double %38, 0x5FF0000000000000
  br label %40

40:
  %41 = phi i1 [ false, %29 ], [ %39, %37 ]
  store i1 %41, ptr %4, align 1
  br label %99

42:
  %43 = load ptr, ptr %7, align 8
  %44 = load ptr, ptr %8, align 8
  %45 = getelementptr inbounds %struct.python, ptr %44, i32 0, i32 9
  %46 = load ptr, ptr %45, align 8
  %47 = call i1 @is_a(ptr noundef %43, ptr noundef %46) #2
  br i1 %47, label %49, label %48

48:
  store i1 false, ptr %4, align 1
  br label %99

49:
  %50 = load ptr, ptr %5, align 8
  %51 = getelementptr inbounds %struct.call, ptr %50, i32 0, i32 1
  %52 = load ptr, ptr %51, align 8
  %53 = call ptr @array_of(ptr noundef %52) #2
  store ptr %53, ptr %10, align 8
  %54 = load ptr, ptr %7, align 8
  %55 = call ptr @array_of(ptr noundef %54) #2
  store ptr %55, ptr %11, align 8
  %56 = load ptr, ptr %6, align 8
  %57 = load ptr, ptr %8, align 8
  %58 = getelementptr inbounds %struct.python, ptr %57, i32 0, i32 16
  %59 = load ptr, ptr %58, align 8
  %60 = icmp eq ptr %56, %59
  br i1 %60, label %61, label %77

61:
  %62 = load ptr, ptr %11, align 8
  %63 = getelementptr inbounds %struct.array, ptr %62, i32 0, i32 5
  %64 = load ptr, ptr %63, align 8
  %65 = call i32 @number_of(ptr noundef %64) #2
  %66 = icmp eq i32 %65, 0
  br i1 %66, label %67, label %75

67:
  %68 = load ptr, ptr %11, align 8
  %69 = load ptr, ptr %10, align 8
  %70 = call i1 @alike(ptr noundef %68, ptr noundef %69) #2
  br i1 %70, label %71, label %75

71:
  %72 = load ptr, ptr %11, align 8
  %73 = call i64 @elements_of(ptr noundef %72) #2
  %74 = icmp sle i64 %73, 262144
  br label %75

75:
  %76 = phi i1 [ false, %67 ], [ false, %61 ], [ %74, %71 ]
  store i1 %76, ptr %4, align 1
  br label %99

77:
  %78 = load ptr, ptr %11, align 8
  %79 = getelementptr inbounds %struct.array, ptr %78, i32 0, i32 5
  %80 = load ptr, ptr %79, align 8
  %81 = load ptr, ptr %10, align 8
  %82 = getelementptr inbounds %struct.array, ptr %81, i32 0, i32 5
  %83 = load ptr, ptr %82, align 8
  %84 = icmp eq ptr %80, %83
  br i1 %84, label %85, label %97

85:
  %86 = load ptr, ptr %6, align 8
  %87 = load ptr, ptr %8, align 8
  %88 = getelementptr inbounds %struct.python, ptr %87, i32 0, i32 15
  %89 = load ptr, ptr %88, align 8
  %90 = icmp eq ptr %86, %89
  br i1 %90, label %95, label %91

91:
  %92 = load ptr, ptr %11, align 8
  %93 = load ptr, ptr %10, align 8
  %94 = call i1 @alike(ptr noundef %92, ptr noundef %93) #2
  br label %95

95:
  %96 = phi i1 [ true, %85 ], [ %94, %91 ]
  br label %97

97:
  %98 = phi i1 [ false, %77 ], [ %96, %95 ]
  store i1 %98, ptr %4, align 1
  br label %99

99:
  %100 = load i1, ptr %4, align 1
  ret i1 %100
}

define internal i1 @in_default_mode() #0 {
  %1 = alloca double, align 8
  %2 = alloca double, align 8
  %3 = alloca double, align 8
  %4 = alloca double, align 8
  store volatile double 0x10000000000000, ptr %1, align 8
  store volatile double 5.000000e-01, ptr %2, align 8
  store volatile double 1.000000e+00, ptr %3, align 8
  store volatile double 0x3C80000000000000, ptr %4, align 8
  %5 = load volatile double, ptr %1, align 8
  %6 = load volatile double, ptr %2, align 8
  %7 = fmul double %5, %6
  %8 = fcmp une double %7, 0.000000e+00
  br i1 %8, label %9, label %21

9:
  %10 = load volatile double, ptr %3, align 8
  %11 = load volatile double, ptr %4, align 8
  %12 = fadd double %10, %11
  %13 = load volatile double, ptr %3, align 8
  %14 = fcmp oeq double %12, %13
  br i1 %14, label %15, label %21

15:
  %16 = load volatile double, ptr %3, align 8
  %17 = load volatile double, ptr %4, align 8
  %18 = fsub double %16, %17
  %19 = load volatile double, ptr %3, align 8
  %20 = fcmp oeq double %18, %19
  br label %21

21:
  %22 = phi i1 [ false, %9 ], [ false, %0 ], [ %20, %15 ]
  ret i1 %22
}

define internal i1 @alike(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca i8, align 1
  %6 = alloca i32, align 4
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %7 = load ptr, ptr %3, align 8
  %8 = getelementptr inbounds %struct.array, ptr %7, i32 0, i32 1
  %9 = load i32, ptr %8, align 8
  %10 = load ptr, ptr %4, align 8
  %11 = getelementptr inbounds %struct.array, ptr %10, i32 0, i32 1
  %12 = load i32, ptr %11, align 8
  %13 = icmp eq i32 %9, %12
  %14 = zext i1 %13 to i8
  store i8 %14, ptr %5, align 1
  store i32 0, ptr %6, align 4
  br label %15

15:
  %16 = load i8, ptr %5, align 1
  %17 = trunc i8 %16 to i1
  br i1 %17, label %18, label %24

18:
  %19 = load i32, ptr %6, align 4
  %20 = load ptr, ptr %3, align 8
  %21 = getelementptr inbounds %struct.array, ptr %20, i32 0, i32 1
  %22 = load i32, ptr %21, align 8
  %23 = icmp slt i32 %19, %22
  br label %24

24:
  %25 = phi i1 [ false, %15 ], [ %23, %18 ]
  br i1 %25, label %26, label %46

26:
  %27 = load ptr, ptr %3, align 8
  %28 = getelementptr inbounds %struct.array, ptr %27, i32 0, i32 2
  %29 = load ptr, ptr %28, align 8
  %30 = load i32, ptr %6, align 4
  %31 = sext i32 %30 to i64
  %32 = getelementptr inbounds i64, ptr %29, i64 %31
  %33 = load i64, ptr %32, align 8
  %34 = load ptr, ptr %4, align 8
  %35 = getelementptr inbounds %struct.array, ptr %34, i32 0, i32 2
  %36 = load ptr, ptr %35, align 8
  %37 = load i32, ptr %6, align 4
  %38 = sext i32 %37 to i64
  %39 = getelementptr inbounds i64, ptr %36, i64 %38
  %40 = load i64, ptr %39, align 8
  %41 = icmp eq i64 %33, %40
  %42 = zext i1 %41 to i8
  store i8 %42, ptr %5, align 1
  br label %43

43:
  %44 = load i32, ptr %6, align 4
  %45 = add nsw i32 %44, 1
  store i32 %45, ptr %6, align 4
  br label %15

46:
  %47 = load i8, ptr %5, align 1
  %48 = trunc i8 %47 to i1
  ret i1 %48
}

define internal i64 @elements_of(ptr noundef %0) #0 {
  %2 = alloca ptr, align 8
  %3 = alloca i64, align 8
  %4 = alloca i32, align 4
  store ptr %0, ptr %2, align 8
  store i64 1, ptr %3, align 8
  store i32 0, ptr %4, align 4
  br label %5

5:
  %6 = load i32, ptr %4, align 4
  %7 = load ptr, ptr %2, align 8
  %8 = getelementptr inbounds %struct.array, ptr %7, i32 0, i32 1
  %9 = load i32, ptr %8, align 8
  %10 = icmp slt i32 %6, %9
  br i1 %10, label %11, label %24

11:
  %12 = load ptr, ptr %2, align 8
  %13 = getelementptr inbounds %struct.array, ptr %12, i32 0, i32 2
  %14 = load ptr, ptr %13, align 8
  %15 = load i32, ptr %4, align 4
  %16 = sext i32 %15 to i64
  %17 = getelementptr inbounds i64, ptr %14, i64 %16
  %18 = load i64, ptr %17, align 8
  %19 = load i64, ptr %3, align 8
  %20 = mul nsw i64 %19, %18
  store i64 %20, ptr %3, align 8
  br label %21

21:
  %22 = load i32, ptr %4, align 4
  %23 = add nsw i32 %22, 1
  store i32 %23, ptr %4, align 4
  br label %5

24:
  %25 = load i64, ptr %3, align 8
  ret i64 %25
}

define internal i1 @make_factor(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca i1, align 1
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  %8 = alloca double, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %9 = load ptr, ptr %4, align 8
  %10 = getelementptr inbounds %struct.call, ptr %9, i32 0, i32 0
  %11 = load ptr, ptr %10, align 8
  store ptr %11, ptr %6, align 8
  store i64 0, ptr %7, align 8
  br label %12

12:
  %13 = load i64, ptr %7, align 8
  %14 = load ptr, ptr %4, align 8
  %15 = getelementptr inbounds %struct.call, ptr %14, i32 0, i32 4
  %16 = load i64, ptr %15, align 8
  %17 = icmp slt i64 %13, %16
  br i1 %17, label %18, label %68

18:
  %19 = load ptr, ptr %4, align 8
  %20 = getelementptr inbounds %struct.call, ptr %19, i32 0, i32 6
  %21 = load i64, ptr %7, align 8
  %22 = getelementptr inbounds [4 x ptr], ptr %20, i64 0, i64 %21
  %23 = load ptr, ptr %22, align 8
  %24 = load ptr, ptr %6, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 17
  %26 = load ptr, ptr %25, align 8
  %27 = icmp eq ptr %23, %26
  br i1 %27, label %28, label %64

28:
  %29 = load ptr, ptr %6, align 8
  %30 = getelementptr inbounds %struct.python, ptr %29, i32 0, i32 7
  %31 = load ptr, ptr %30, align 8
  %32 = load ptr, ptr %4, align 8
  %33 = getelementptr inbounds %struct.call, ptr %32, i32 0, i32 7
  %34 = load i64, ptr %7, align 8
  %35 = getelementptr inbounds [4 x ptr], ptr %33, i64 0, i64 %34
  %36 = load ptr, ptr %35, align 8
  %37 = call double %31(ptr noundef %36) #2
  store double %37, ptr %8, align 8
  %38 = load ptr, ptr %6, align 8
  %39 = getelementptr inbounds %struct.python, ptr %38, i32 0, i32 8
  %40 = load ptr, ptr %39, align 8
  %41 = load ptr, ptr %6, align 8
  %42 = getelementptr inbounds %struct.python, ptr %41, i32 0, i32 7
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %5, align 8
  %45 = getelementptr inbounds %struct.form, ptr %44, i32 0, i32 1
  %46 = load ptr, ptr %45, align 8
  %47 = call double %43(ptr noundef %46) #2
  %48 = load double, ptr %8, align 8
  %49 = fdiv double %47, %48
  %50 = call ptr %40(double noundef %49) #2
  %51 = load ptr, ptr %4, align 8
  %52 = getelementptr inbounds %struct.call, ptr %51, i32 0, i32 3
  store ptr %50, ptr %52, align 8
  %53 = load ptr, ptr %4, align 8
  %54 = getelementptr inbounds %struct.call, ptr %53, i32 0, i32 3
  %55 = load ptr, ptr %54, align 8
  %56 = load ptr, ptr %4, align 8
  %57 = getelementptr inbounds %struct.call, ptr %56, i32 0, i32 7
  %58 = load i64, ptr %7, align 8
  %59 = getelementptr inbounds [4 x ptr], ptr %57, i64 0, i64 %58
  store ptr %55, ptr %59, align 8
  %60 = load ptr, ptr %4, align 8
  %61 = getelementptr inbounds %struct.call, ptr %60, i32 0, i32 3
  %62 = load ptr, ptr %61, align 8
  %63 = icmp ne ptr %62, null
  store i1 %63, ptr %3, align 1
  br label %69

64:
  br label %65

65:
  %66 = load i64, ptr %7, align 8
  %67 = add nsw i64 %66, 1
  store i64 %67, ptr %7, align 8
  br label %12

68:
  store i1 true, ptr %3, align 1
  br label %69

69:
  %70 = load i1, ptr %3, align 1
  ret i1 %70
}

define internal i1 @run_step(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca [8 x ptr], align 16
  %7 = alloca i64, align 8
  %8 = alloca i64, align 8
  %9 = alloca ptr, align 8
  store ptr %0, ptr %3, align 8
  store ptr %1, ptr %4, align 8
  %10 = load ptr, ptr %3, align 8
  %11 = getelementptr inbounds %struct.call, ptr %10, i32 0, i32 0
  %12 = load ptr, ptr %11, align 8
  store ptr %12, ptr %5, align 8
  %13 = load ptr, ptr %5, align 8
  %14 = getelementptr inbounds %struct.python, ptr %13, i32 0, i32 5
  %15 = load ptr, ptr %14, align 8
  %16 = load ptr, ptr %4, align 8
  %17 = call i64 %15(ptr noundef %16) #2
  store i64 %17, ptr %7, align 8
  store i64 1, ptr %8, align 8
  br label %18

18:
  %19 = load i64, ptr %8, align 8
  %20 = load i64, ptr %7, align 8
  %21 = icmp slt i64 %19, %20
  br i1 %21, label %22, label %37

22:
  %23 = load ptr, ptr %3, align 8
  %24 = load ptr, ptr %5, align 8
  %25 = getelementptr inbounds %struct.python, ptr %24, i32 0, i32 6
  %26 = load ptr, ptr %25, align 8
  %27 = load ptr, ptr %4, align 8
  %28 = load i64, ptr %8, align 8
  %29 = call ptr %26(ptr noundef %27, i64 noundef %28) #2
  %30 = call ptr @operand_value(ptr noundef %23, ptr noundef %29) #2
  %31 = load i64, ptr %8, align 8
  %32 = sub nsw i64 %31, 1
  %33 = getelementptr inbounds [8 x ptr], ptr %6, i64 0, i64 %32
  store ptr %30, ptr %33, align 8
  br label %34

34:
  %35 = load i64, ptr %8, align 8
  %36 = add nsw i64 %35, 1
  store i64 %36, ptr %8, align 8
  br label %18

37:
  %38 = load ptr, ptr %5, align 8
  %39 = getelementptr inbounds %struct.python, ptr %38, i32 0, i32 4
  %40 = load ptr, ptr %39, align 8
  %41 = load ptr, ptr %5, align 8
  %42 = getelementptr inbounds %struct.python, ptr %41, i32 0, i32 6
  %43 = load ptr, ptr %42, align 8
  %44 = load ptr, ptr %4, align 8
  %45 = call ptr %43(ptr noundef %44, i64 noundef 0) #2
  %46 = getelementptr inbounds [8 x ptr], ptr %6, i64 0, i64 0
  %47 = load i64, ptr %7, align 8
  %48 = sub i64 %47, 1
  %49 = call ptr %40(ptr noundef %45, ptr noundef %46, i64 noundef %48, ptr noundef null) #2
  store ptr %49, ptr %9, align 8
  %50 = load ptr, ptr %3, align 8
  %51 = getelementptr inbounds %struct.call, ptr %50, i32 0, i32 2
  %52 = load ptr, ptr %51, align 8
  %53 = icmp ne ptr %52, null
  br i1 %53, label %54, label %61

54:
  %55 = load ptr, ptr %5, align 8
  %56 = getelementptr inbounds %struct.python, ptr %55, i32 0, i32 3
  %57 = load ptr, ptr %56, align 8
  %58 = load ptr, ptr %3, align 8
  %59 = getelementptr inbounds %struct.call, ptr %58, i32 0, i32 2
  %60 = load ptr, ptr %59, align 8
  call void %57(ptr noundef %60) #2
  br label %61

61:
  %62 = load ptr, ptr %9, align 8
  %63 = load ptr, ptr %3, align 8
  %64 = getelementptr inbounds %struct.call, ptr %63, i32 0, i32 2
  store ptr %62, ptr %64, align 8
  %65 = load ptr, ptr %9, align 8
  %66 = icmp ne ptr %65, null
  ret i1 %66
}

define internal ptr @operand_value(ptr noundef %0, ptr noundef %1) #0 {
  %3 = alloca ptr, align 8
  %4 = alloca ptr, align 8
  %5 = alloca ptr, align 8
  %6 = alloca ptr, align 8
  %7 = alloca i64, align 8
  store ptr %0, ptr %4, align 8
  store ptr %1, ptr %5, align 8
  %8 = load ptr, ptr %4, align 8
  %9 = getelementptr inbounds %struct.call, ptr %8, i32 0, i32 0
  %10 = load ptr, ptr %9, align 8
  store ptr %10, ptr %6, align 8
  %11 = load ptr, ptr %5, align 8
  %12 = load ptr, ptr %6, align 8
  %13 = getelementptr inbounds %struct.python, ptr %12, i32 0, i32 13
  %14 = load ptr, ptr %13, align 8
  %15 = icmp eq ptr %11, %14
  br i1 %15, label %16, label %20

16:
  %17 = load ptr, ptr %4, align 8
  %18 = getelementptr inbounds %struct.call, ptr %17, i32 0, i32 1
  %19 = load ptr, ptr %18, align 8
  store ptr %19, ptr %3, align 8
  br label %74

20:
  %21 = load ptr, ptr %5, align 8
  %22 = load ptr, ptr %6, align 8
  %23 = getelementptr inbounds %struct.python, ptr %22, i32 0, i32 14
  %24 = load ptr, ptr %23, align 8
  %25 = icmp eq ptr %21, %24
  br i1 %25, label %26, label %30

26:
  %27 = load ptr, ptr %4, align 8
  %28 = getelementptr inbounds %struct.call, ptr %27, i32 0, i32 2
  %29 = load ptr, ptr %28, align 8
  store ptr %29, ptr %3, align 8
  br label %74

30:
  store i64 0, ptr %7, align 8
  br label %31

31:
  %32 = load i64, ptr %7, align 8
  %33 = load ptr, ptr %4, align 8
  %34 = getelementptr inbounds %struct.call, ptr %33, i32 0, i32 4
  %35 = load i64, ptr %34, align 8
  %36 = icmp slt i64 %32, %35
  br i1 %36, label %37, label %55

37:
  %38 = load ptr, ptr %5, align 8
  %39 = load ptr, ptr %4, align 8
  %40 = getelementptr inbounds %struct.call, ptr %39, i32 0, i32 6
  %41 = load i64, ptr %7, align 8
  %42 = getelementptr inbounds [4 x ptr], ptr %40, i64 0, i64 %41
  %43 = load ptr, ptr %42, align 8
  %44 = icmp eq ptr %38, %43
  br i1 %44, label %45, label %51

45:
  %46 = load ptr, ptr %4, align 8
  %47 = getelementptr inbounds %struct.call, ptr %46, i32 0, i32 7
  %48 = load i64, ptr %7, align 8
  %49 = getelementptr inbounds [4 x ptr], ptr %47, i64 0, i64 %48
  %50 = load ptr, ptr %49, align 8
  store ptr %50, ptr %3, align 8
  br label %74

51:
  br label %52

52:
  %53 = load i64, ptr %7, align 8
  %54 = add nsw i64 %53, 1
  store i64 %54, ptr %7, align 8
  br label %31

55:
  %56 = load ptr, ptr %5, align 8
  %57 = load ptr, ptr %6, align 8
  %58 = getelementptr inbounds %struct.python, ptr %57, i32 0, i32 11
  %59 = load ptr, ptr %58, align 8
  %60 = call i1 @is_a(ptr noundef %56, ptr noundef %59) #2
  br i1 %60, label %61, label %70

61:
  %62 = load ptr, ptr %6, align 8
  %63 = getelementptr inbounds %struct.python, ptr %62, i32 0, i32 6
  %64 = load ptr, ptr %63, align 8
  %65 = load ptr, ptr %5, align 8
  %66 = load ptr, ptr %4, align 8
  %67 = getelementptr inbounds %struct.call, ptr %66, i32 0, i32 5
  %68 = load i64, ptr %67, align 8
  %69 = call ptr %64(ptr noundef %65, i64 noundef %68) #2
  br label %72

70:
  %71 = load ptr, ptr %5, align 8
  br label %72

72:
  %73 = phi ptr [ %69, %61 ], [ %71, %70 ]
  store ptr %73, ptr %3, align 8
  br label %74

74:
  %75 = load ptr, ptr %3, align 8
  ret ptr %75
}

attributes #0 = { nounwind "no-builtins" }
attributes #1 = { noinline nounwind "no-builtins" }
attributes #2 = { nobuiltin "no-builtins" }
